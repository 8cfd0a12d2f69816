import { resultJson } from '../../contract/jobs';
import { monaiLabelInfo } from '../../contract/models';
import { inferenceParams } from '../../contract/params';
import { monaiLabelQuery } from '../../contract/queries';
import { importErrors, pacsErrors } from '../../sessions/error-codes';
import { endpoint, type Endpoint } from '../endpoint';
import { callErrors } from '../handlers/inference';
import { describeServer } from '../handlers/monai-label/describe';
import { runMonaiLabelInference } from '../handlers/monai-label/infer';
import { result } from './inference';

/** MONAI Label's form of the same; its sessions are those of AIAA. */
export const monaiLabelEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/info',
    access: 'clients',
    tag: 'MONAI Label',
    summary: 'The server as MONAI Label’s plug-ins want to know it',
    answer: { description: 'Models that can run now.', content: { 'application/json': monaiLabelInfo } },
    curl: '"$SERVER/info/"',
    handler: describeServer,
  }),
  endpoint({
    method: 'post',
    path: '/infer/:model',
    access: 'clients',
    job: true,
    tag: 'MONAI Label',
    summary: 'Run a model',
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
