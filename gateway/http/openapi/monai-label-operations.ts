import { inferQuery } from '../handlers/monai-label/infer';
import { inferenceParams } from '../request-params';
import { resultJson } from '../../contract/jobs';
import { monaiLabelInfo } from '../../contract/models';
import { jobErrors, modelErrors, uploadErrors, warningsHeader, type Operation } from './operation';

export const monaiLabelOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/info',
    tag: 'MONAI Label',
    summary: 'The server as MONAI Label’s plug-ins want to know it',
    answer: { description: 'Models that can run now.', content: { 'application/json': monaiLabelInfo } },
    curl: '"$SERVER/info/"',
  },
  {
    method: 'post',
    path: '/infer/:model',
    tag: 'MONAI Label',
    summary: 'Run a model',
    query: inferQuery,
    body: {
      required: false,
      description: '`params`, and the image as form file `file` unless a session has it.',
      params: inferenceParams,
      files: { file: 'The image.' },
    },
    answer: {
      description: 'The mask on the grid of the image and JSON, as `output` says.',
      headers: warningsHeader,
      content: {
        'multipart/form-data': { params: resultJson, image: 'file' },
        'application/octet-stream': 'file',
        'application/json': resultJson,
      },
    },
    errors: ['BAD_PARAMS', 'TOO_MANY_POINTS', ...modelErrors, ...jobErrors, ...uploadErrors],
    curl: '-F params={} -F file=@ct.nii.gz "$SERVER/infer/NAME?output=image" -o mask.nii.gz',
  },
];
