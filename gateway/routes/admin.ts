import { readFile } from 'node:fs/promises';
import type { Request, Response } from 'express';
import { fail } from '../errors';
import { describeModel } from '../models/config/describe';
import type { Model, Models } from '../models/models';
import { openUpload, type OpenOptions } from '../models/packages/open-upload';
import { uploadOf, type Upload } from './upload';

const MAX_CONFIG_BYTES = 16 << 20;

/**
 * `PUT /admin/model/<name>`: publish a model from the form files `config` and `data`, `data` alone for an archive with a config (an MMAR,
 * a MONAI bundle), `config` alone for a pipeline. Answers when Triton serves it.
 */
export function putModel(models: Models, options: OpenOptions) {
  return async function answerPutModel(request: Request, response: Response): Promise<void> {
    const name = String(request.params.name);
    const upload = uploadOf(request);
    const data = upload.files.find((file) => file.field === 'data');
    const config = await configIn(upload);
    if (data) {
      const opened = await openUpload({ config, data }, upload.directory, options);
      return void response.json(published(await models.put(name, opened), opened.warnings));
    }
    if (config === undefined) {
      const what = `config is missing: send config_aiaa.json as form file "config" and the model as form file "data", as in curl -X PUT -F config=@config_aiaa.json -F data=@model.onnx`;
      throw fail('BAD_UPLOAD', { what });
    }
    response.json(published(await models.put(name, { config })));
  };
}

/** `PATCH /admin/model/<name>`: a new config for the model file that is there. Answers when Triton serves it; on failure the old one stays. */
export function patchModel(models: Models) {
  return async function answerPatchModel(request: Request, response: Response): Promise<void> {
    const upload = uploadOf(request);
    const config = upload.json ?? (await configIn(upload));
    if (config === undefined) {
      throw fail('BAD_UPLOAD', {
        what: 'it holds no config: send config_aiaa.json as the body, as in curl -X PATCH -H "Content-Type: application/json" -d @config_aiaa.json',
      });
    }
    response.json(published(await models.patch(String(request.params.name), config)));
  };
}

/** The form file or form field `config`. */
async function configIn({ fields, files }: Upload): Promise<string | undefined> {
  const file = files.find(({ field }) => field === 'config');
  if (!file) return fields.config;
  if (file.bytes > MAX_CONFIG_BYTES)
    throw fail('BAD_UPLOAD', { what: `config has ${file.bytes} bytes; were config and data swapped?` });
  return readFile(file.path, 'utf8');
}

function published({ spec, stored, state }: Model, warnings: readonly string[] = []) {
  return {
    success: true,
    model: spec && describeModel(spec),
    triton: { state: state.toUpperCase(), version: String(stored.version), platform: stored.platform },
    warnings: [...warnings, ...(spec?.warnings ?? [])],
  };
}

/** `GET /admin/model`: every model with its state, ready or not. */
export function listStoredModels(models: Models) {
  return function answerListStoredModels(_request: Request, response: Response): void {
    response.json(
      models.list().map(({ name, spec, state, reason, stored: { version, platform, uploaded } }) => ({
        name,
        type: spec?.type ?? null,
        state,
        reason,
        version,
        platform,
        uploaded,
      })),
    );
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
