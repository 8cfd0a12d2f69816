import { z } from 'zod';
import { configCheck, examined, modelConfig, published, removed, storedModel } from '../../contract/models';
import { checkQuery } from '../../contract/queries';
import { changeErrors, downloadErrors, examineErrors, publishErrors, removeErrors } from '../../deployment/error-codes';
import { group, json, type Endpoint } from '../endpoint';
import { changeModel, publishedModel, publishModel } from '../handlers/change-model';
import { storedModels } from '../handlers/list-models';

const { get, put, patch, del } = group({ access: 'operators', realm: 'admin', origins: 'named', tag: 'admin' });
const oneModel = '"$SERVER/admin/model/NAME"';

export const adminEndpoints: readonly Endpoint[] = [
  get('/admin/model', 'Every model with its state', {
    answer: json('Sorted by name.', storedModel.array()),
    handler: async ({ response }, { models, ngc }) => void response.json(await storedModels(models, ngc)),
  }),
  put('/admin/model/:name', 'Publish a model', {
    description: 'Answers when Triton serves it. On failure the model of that name that was there still serves.',
    body: {
      required: true,
      description:
        '`config` and `data`; an archive with a config (MMAR, MONAI bundle) or a results folder of nnU-Net alone as `data`, with the fields `configuration` (such as 3d_fullres), `folds` (such as 0,1), `precision` (fp32, or fp16 for GPUs) and `mirroring` (on, or off) to choose in the latter; the `config` of a pipeline or a pack alone; or JSON that names a model of NGC: {"path": "org/team/name", "version": "1"}.',
      files: { config: 'config_aiaa.json', data: 'The network, or an archive.' },
    },
    answer: json('It serves.', published),
    errors: ['TEXT_IN_PLACE_OF_FILE', ...publishErrors, ...downloadErrors],
    curl: `-X PUT -F config=@config_aiaa.json -F data=@model.onnx ${oneModel}`,
    handler: publishModel,
  }),
  patch('/admin/model/:name', 'Give a model a new config', {
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
    answer: json('It serves; with `check` what is wrong with the config.', z.union([published, configCheck])),
    errors: changeErrors,
    curl: `-X PATCH -H "Content-Type: application/json" -d @config_aiaa.json ${oneModel}`,
    handler: changeModel,
  }),
  get('/admin/model/:name', 'The config of a model as it was uploaded', {
    query: checkQuery('`true`: examine the model again, with a trial run on zeros, and answer with what was found.'),
    answer: json(
      'The config; with `check` how the model is served, and the errors and warnings that were found.',
      z.union([examined, modelConfig]),
    ),
    errors: examineErrors,
    handler: async ({ response, path: { name }, query, fail }, { models }) => {
      if (query.check !== 'true') {
        const { config, damage } = models.get(name).stored;
        if (damage) throw fail('MODEL_NOT_READY', { model: name, what: damage });
        return void response.json(config);
      }
      const model = await models.examine(name);
      response.json({
        ...publishedModel(model),
        errors: [...(model.damage ? [model.damage] : []), ...model.checkup!.errors],
      });
    },
  }),
  del('/admin/model/:name', 'Take a model away', {
    description: 'Calls that run are finished first.',
    answer: json('It is gone.', removed),
    errors: removeErrors,
    handler: async ({ response, path: { name } }, { models }) => {
      await models.remove(name);
      response.json({ success: true, removed: name });
    },
  }),
];
