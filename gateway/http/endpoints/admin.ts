import { z } from 'zod';
import { configCheck, examined, modelConfig, published, removed, storedModel } from '../../contract/models';
import { checkQuery } from '../../contract/queries';
import { changeErrors, downloadErrors, examineErrors, publishErrors, removeErrors } from '../../deployment/error-codes';
import { endpoint, type Endpoint } from '../endpoint';
import { changeModel, publishedModel, publishModel } from '../handlers/publish';
import { storedModels } from '../handlers/models';

const operators = { access: 'operators', realm: 'admin', tag: 'admin' } as const;
const oneModel = '"$SERVER/admin/model/NAME"';
const itServes = { description: 'It serves.', content: { 'application/json': published } };

export const adminEndpoints: readonly Endpoint[] = [
  endpoint({
    ...operators,
    method: 'get',
    path: '/admin/model',
    summary: 'Every model with its state',
    answer: { description: 'Sorted by name.', content: { 'application/json': storedModel.array() } },
    curl: '"$SERVER/admin/model"',
    handler: async ({ response }, { models, ngc }) => void response.json(await storedModels(models, ngc)),
  }),
  endpoint({
    ...operators,
    method: 'put',
    path: '/admin/model/:name',
    summary: 'Publish a model',
    description: 'Answers when Triton serves it. On failure the model of that name that was there still serves.',
    body: {
      required: true,
      description:
        '`config` and `data`; an archive with a config (MMAR, MONAI bundle) alone as `data`; the `config` of a pipeline alone; or JSON that names a model of NGC: {"path": "org/team/name", "version": "1"}.',
      files: { config: 'config_aiaa.json', data: 'The network, or an archive.' },
    },
    answer: itServes,
    errors: ['TEXT_IN_PLACE_OF_FILE', ...publishErrors, ...downloadErrors],
    curl: `-X PUT -F config=@config_aiaa.json -F data=@model.onnx ${oneModel}`,
    handler: publishModel,
  }),
  endpoint({
    ...operators,
    method: 'patch',
    path: '/admin/model/:name',
    summary: 'Give a model a new config',
    description:
      'The model file stays. On failure the old config stays too. With `?check=true` nothing is changed: the answer is {"success", "errors": [{"path", "message"}], "warnings"}.',
    query: checkQuery('`true`: only say what is wrong with the config, all of it at once, and change nothing.'),
    body: {
      required: true,
      description:
        'The config as JSON body, or as the form file `config`; {"version": N} alone goes back to a kept version.',
      files: { config: 'config_aiaa.json' },
      json: modelConfig,
    },
    answer: { ...itServes, content: { 'application/json': z.union([published, configCheck]) } },
    errors: changeErrors,
    curl: `-X PATCH -H "Content-Type: application/json" -d @config_aiaa.json ${oneModel}`,
    handler: changeModel,
  }),
  endpoint({
    ...operators,
    method: 'get',
    path: '/admin/model/:name',
    summary: 'The config of a model as it was uploaded',
    query: checkQuery('`true`: examine the model again, with a trial run on zeros, and answer with what was found.'),
    answer: {
      description: 'The config; with `check` how the model is served, and the errors and warnings that were found.',
      content: { 'application/json': z.union([examined, modelConfig]) },
    },
    errors: examineErrors,
    curl: oneModel,
    handler: async ({ response, path: { name }, query }, { models }) => {
      if (query.check !== 'true') return void response.json(models.get(name).stored.config);
      const model = await models.examine(name);
      response.json({ ...publishedModel(model), errors: model.checkup!.errors });
    },
  }),
  endpoint({
    ...operators,
    method: 'delete',
    path: '/admin/model/:name',
    summary: 'Take a model away',
    description: 'Calls that run are finished first.',
    answer: { description: 'It is gone.', content: { 'application/json': removed } },
    errors: removeErrors,
    curl: `-X DELETE ${oneModel}`,
    handler: async ({ response, path: { name } }, { models }) => {
      await models.remove(name);
      response.json({ success: true, removed: name });
    },
  }),
];
