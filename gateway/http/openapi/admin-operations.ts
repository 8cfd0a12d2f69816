import type { ErrorCode } from '../../errors';
import { modelConfig, published, removed, storedModel } from '../../contract/models';
import { uploadErrors, type Operation } from './operation';

const guarded = ['ADMIN_FORBIDDEN', 'ADMIN_UNAUTHORIZED'] as const satisfies readonly ErrorCode[];
const publishing = [
  'BAD_MODEL_NAME',
  'BAD_CONFIG',
  'BAD_MODEL_FILE',
  'MODEL_LOAD_FAILED',
  'TRITON_UNAVAILABLE',
  'TRITON_TIMEOUT',
] as const satisfies readonly ErrorCode[];
const oneModel = '"$SERVER/admin/model/NAME"';

export const adminOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/admin/model',
    tag: 'admin',
    summary: 'Every model with its state',
    answer: { description: 'Sorted by name.', content: { 'application/json': storedModel.array() } },
    errors: guarded,
    curl: '"$SERVER/admin/model"',
  },
  {
    method: 'put',
    path: '/admin/model/:name',
    tag: 'admin',
    summary: 'Publish a model',
    description: 'Answers when Triton serves it. On failure the model of that name that was there still serves.',
    body: {
      required: true,
      description:
        '`config` and `data`; an archive with a config (MMAR, MONAI bundle) alone as `data`; the `config` of a pipeline alone; or JSON that names a model of NGC: {"path": "org/team/name", "version": "1"}.',
      files: { config: 'config_aiaa.json', data: 'The network, or an archive.' },
    },
    answer: { description: 'It serves.', content: { 'application/json': published } },
    errors: [...guarded, 'TEXT_IN_PLACE_OF_FILE', ...publishing, ...uploadErrors],
    curl: `-X PUT -F config=@config_aiaa.json -F data=@model.onnx ${oneModel}`,
  },
  {
    method: 'patch',
    path: '/admin/model/:name',
    tag: 'admin',
    summary: 'Give a model a new config',
    description:
      'The model file stays. On failure the old config stays too. With `?check=true` nothing is changed: the answer is {"success", "errors": [{"path", "message"}], "warnings"}.',
    body: {
      required: true,
      description:
        'The config as JSON body, or as the form file `config`; {"version": N} alone goes back to a kept version.',
      files: { config: 'config_aiaa.json' },
      json: modelConfig,
    },
    answer: { description: 'It serves.', content: { 'application/json': published } },
    errors: [...guarded, 'MODEL_NOT_FOUND', ...publishing, ...uploadErrors],
    curl: `-X PATCH -H "Content-Type: application/json" -d @config_aiaa.json ${oneModel}`,
  },
  {
    method: 'get',
    path: '/admin/model/:name',
    tag: 'admin',
    summary: 'The config of a model as it was uploaded',
    answer: { description: 'The config.', content: { 'application/json': modelConfig } },
    errors: [...guarded, 'MODEL_NOT_FOUND'],
    curl: oneModel,
  },
  {
    method: 'delete',
    path: '/admin/model/:name',
    tag: 'admin',
    summary: 'Take a model away',
    description: 'Calls that run are finished first.',
    answer: {
      description: 'It is gone.',
      content: { 'application/json': removed },
    },
    errors: [...guarded, 'MODEL_NOT_FOUND', 'TRITON_UNAVAILABLE', 'TRITON_TIMEOUT'],
    curl: `-X DELETE ${oneModel}`,
  },
];
