import { signInAnswer, storedImage } from '../../contract/sessions';
import { monaiLabelInfo } from '../../contract/models';
import { datastoreParams, inferenceParams } from '../../contract/params';
import { datastoreQuery, labelQuery, monaiLabelQuery } from '../../contract/queries';
import { resultJson } from '../../contract/jobs';
import { queueErrors } from '../../jobs/error-codes';
import { importErrors, pacsErrors } from '../../sessions/error-codes';
import { group, json, type Endpoint } from '../endpoint';
import { callErrors } from '../handlers/inference';
import { describeServer, keepImage, runMonaiLabelInference } from '../handlers/monai-label';
import { warningsHeader } from '../middleware/warnings';
import { result } from './inference';

const { get, post, put } = group({ access: 'clients', origins: 'allowed', tag: 'MONAI Label' });

/** MONAI Label's form of inference; its sessions are those of AIAA. */
export const monaiLabelEndpoints: readonly Endpoint[] = [
  get('/info', 'The server as MONAI Label’s plug-ins want to know it', {
    answer: json('Models that can run now.', monaiLabelInfo),
    handler: describeServer,
  }),
  get('/auth', 'Whether one has to sign in', {
    answer: json('One has not: image in, mask out needs no password.', signInAnswer),
    handler: ({ response }) => void response.json({ enabled: false }),
  }),
  post('/infer/:model', 'Run a model', {
    job: true,
    query: monaiLabelQuery,
    body: {
      required: false,
      description: '`params`, and the image as form file `file` unless a session or the datastore has it.',
      params: inferenceParams,
      files: { file: 'The image.' },
    },
    answer: result(resultJson, 'The mask on the grid of the image and JSON, as `output` says.'),
    errors: [...callErrors, ...importErrors, ...pacsErrors],
    curl: '-F params={} -F file=@ct.nii.gz "$SERVER/infer/NAME?output=image" -o mask.nii.gz',
    handler: runMonaiLabelInference,
  }),
  put('/datastore', 'Keep an image here under an ID of the client’s', {
    description:
      'A session that is found by `?image=ID` of `/infer/:model`, by the same address and `client_id` only; it ends as sessions do. The next upload of the same ID takes its place.',
    query: datastoreQuery,
    body: {
      required: true,
      description: 'The image as form file `file`, and `params`.',
      params: datastoreParams,
      files: { file: 'One image, or the files of one DICOM series.' },
    },
    answer: json('The ID to send as `image`.', storedImage, warningsHeader),
    errors: ['NO_IMAGE', 'TEXT_IN_PLACE_OF_FILE', ...queueErrors, ...importErrors],
    curl: '-X PUT -F file=@ct.nii.gz "$SERVER/datastore/?image=ct"',
    handler: keepImage,
  }),
  put('/datastore/label', 'Refuses a label', {
    description: 'Labels are kept by the program that drew them: this server has no dataset and trains nothing.',
    query: labelQuery,
    answer: json('Never.', storedImage),
    errors: ['LABELS_NOT_KEPT'],
    curl: '-X PUT "$SERVER/datastore/label?image=ct"',
    handler: ({ fail }) => {
      throw fail('LABELS_NOT_KEPT');
    },
  }),
];
