import { resultJson } from '../../contract/jobs';
import { monaiLabelInfo } from '../../contract/models';
import { inferenceParams } from '../../contract/params';
import { monaiLabelQuery } from '../../contract/queries';
import { importErrors, pacsErrors } from '../../sessions/error-codes';
import { group, json, type Endpoint } from '../endpoint';
import { callErrors } from '../handlers/inference';
import { describeServer } from '../handlers/monai-label/describe';
import { runMonaiLabelInference } from '../handlers/monai-label/infer';
import { result } from './inference';

const { get, post } = group({ access: 'clients', tag: 'MONAI Label' });

/** MONAI Label's form of the same; its sessions are those of AIAA. */
export const monaiLabelEndpoints: readonly Endpoint[] = [
  get('/info', 'The server as MONAI Label’s plug-ins want to know it', {
    answer: json('Models that can run now.', monaiLabelInfo),
    handler: describeServer,
  }),
  post('/infer/:model', 'Run a model', {
    job: true,
    query: monaiLabelQuery,
    body: {
      required: false,
      description: '`params`, and the image as form file `file` unless a session has it.',
      params: inferenceParams,
      files: { file: 'The image.' },
    },
    answer: result(resultJson, 'The mask on the grid of the image and JSON, as `output` says.'),
    errors: [...callErrors, ...importErrors, ...pacsErrors],
    curl: '-F params={} -F file=@ct.nii.gz "$SERVER/infer/NAME?output=image" -o mask.nii.gz',
    handler: runMonaiLabelInference,
  }),
];
