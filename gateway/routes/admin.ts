import { readFile } from 'node:fs/promises';
import type { Request, Response } from 'express';
import { fail } from '../errors';
import { describeModel } from '../models/config/describe';
import type { Models } from '../models/models';
import { uploadOf } from './upload';

const MAX_CONFIG_BYTES = 16 << 20;

/** `PUT /admin/model/<name>`: publish a model from the form files `config` and `data` (`config` alone for a pipeline). Answers when Triton serves it. */
export function putModel(models: Models) {
  return async function answerPutModel(request: Request, response: Response): Promise<void> {
    const name = String(request.params.name);
    const { fields, files } = uploadOf(request);
    const data = files.find((file) => file.field === 'data');
    const configFile = files.find((file) => file.field === 'config');
    // Whether the model needs `data` is for its config to say: pipelines have none.
    if (!(configFile || fields.config)) {
      const what = `config is missing: send config_aiaa.json as form file "config" and the model as form file "data", as in curl -X PUT -F config=@config_aiaa.json -F data=@model.onnx`;
      throw fail('BAD_UPLOAD', { what });
    }
    if (configFile && configFile.bytes > MAX_CONFIG_BYTES)
      throw fail('BAD_UPLOAD', { what: `config has ${configFile.bytes} bytes; were config and data swapped?` });
    const config = configFile ? await readFile(configFile.path, 'utf8') : fields.config;
    const { spec, stored, state } = await models.put(name, { config, data });
    response.json({
      success: true,
      model: spec && describeModel(spec),
      triton: { state: state.toUpperCase(), version: String(stored.version), platform: stored.platform },
      warnings: spec?.warnings ?? [],
    });
  };
}

/** `GET /admin/model/<name>`: the config as it was uploaded. */
export function getModel(models: Models) {
  return function answerGetModel(request: Request, response: Response): void {
    response.json(models.get(String(request.params.name)).stored.config);
  };
}

/** `DELETE /admin/model/<name>`. */
export function deleteModel(models: Models) {
  return async function answerDeleteModel(request: Request, response: Response): Promise<void> {
    const name = String(request.params.name);
    await models.remove(name);
    response.json({ success: true, removed: name });
  };
}
