import { readFile } from 'node:fs/promises';
import type { Request, Response } from 'express';
import { fail } from '../../errors';
import { asJsonText } from '../../config/config-source';
import { describeModel } from '../../config/describe';
import type { Catalog, Model } from '../../deployment/catalog';
import type { Ngc } from '../../deployment/ngc/ngc';
import { parseNgcRequest } from '../../deployment/ngc/ngc-request';
import { detectFormat } from '../../packages/detect-format';
import { openUpload, type OpenOptions } from '../../packages/open-upload';
import { decodeText, TextError, withoutMark } from '../../text';
import { clientGone } from '../middleware/client-gone';
import { refuseTextInPlaceOfFile, warnOfUnreadFields } from '../multipart/form-fields';
import { uploadOf, workInFolder, type Upload, type UploadedFile } from '../multipart/upload';

const MAX_CONFIG_BYTES = 16 << 20;

/**
 * `PUT /admin/model/<name>`: publish a model from the form files `config` and `data`, `data` alone for an archive with a config (an MMAR,
 * a MONAI bundle), `config` alone for a pipeline, or a reference to NGC as the JSON body or the form field `ngc`. Answers when Triton serves it.
 */
export function putModel(models: Catalog, ngc: Ngc, options: OpenOptions) {
  return async function answerPutModel(request: Request, response: Response): Promise<void> {
    const name = String(request.params.name);
    const upload = uploadOf(request);
    refuseTextInPlaceOfFile(request, ['data']);
    warnOfUnreadFields(request, response, ['config', 'ngc']);
    const publish = async () => {
      const sent = upload.files.filter(({ field }) => field === 'data');
      const reference = upload.json ?? upload.fields.ngc;
      const data =
        reference === undefined
          ? await modelAmong(sent)
          : await ngc.fetch(name, parseNgcRequest(reference), upload.directory, clientGone(request, response));
      const config = await configIn(upload);
      if (data) {
        const others = sent.filter((file) => file !== data);
        const opened = await openUpload({ config, data, others }, upload.directory, options);
        return published(await models.put(name, opened), opened.warnings);
      }
      if (config === undefined) {
        const what = `config is missing: send config_aiaa.json as form file "config" and the model as form file "data", as in curl -X PUT -F config=@config_aiaa.json -F data=@model.onnx`;
        throw fail('BAD_UPLOAD', { what });
      }
      return published(await models.put(name, { config }));
    };
    response.json(await workInFolder(upload, publish));
  };
}

/** Of several files the one that is an ONNX model, which may have its weights beside it; else the first. */
async function modelAmong(files: readonly UploadedFile[]): Promise<UploadedFile | undefined> {
  const formats = files.length > 1 ? await Promise.all(files.map(({ path, name }) => detectFormat(path, name))) : [];
  return files.find((_, at) => formats[at] && 'format' in formats[at] && formats[at].format === 'onnx') ?? files[0];
}

/**
 * `PATCH /admin/model/<name>`: a new config for the model file that is there, or `{"version": N}` alone to go back to a kept version.
 * Answers when Triton serves it; on failure the old one stays.
 */
export function patchModel(models: Catalog) {
  return async function answerPatchModel(request: Request, response: Response): Promise<void> {
    const upload = uploadOf(request);
    const config = await sentConfig(upload);
    if (config === undefined) {
      throw fail('BAD_UPLOAD', {
        what: 'it holds no config: send config_aiaa.json as the body, as in curl -X PATCH -H "Content-Type: application/json" -d @config_aiaa.json',
      });
    }
    const name = String(request.params.name);
    const version = versionWanted(config);
    response.json(
      published(await (version === undefined ? models.patch(name, config) : models.rollBack(name, version))),
    );
  };
}

/** The version in a body that is `{"version": N}` and nothing else; a config has more to it. @throws BAD_PARAMS */
function versionWanted(body: string): number | undefined {
  const match = /^\s*\{\s*"version"\s*:\s*("[^"]*"|[^\s"}]+)\s*\}\s*$/.exec(body);
  if (!match) return undefined;
  const version = Number(match[1].replace(/"/g, ''));
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw fail('BAD_PARAMS', {
    what: `version is ${match[1]}, expected the number of a kept version, for example {"version": 2}`,
  });
}

/** The form file or form field `config`, JSON or YAML, as JSON. @throws BAD_CONFIG, BAD_UPLOAD */
export async function configIn({ fields, files }: Upload): Promise<string | undefined> {
  const file = files.find(({ field }) => field === 'config');
  if (!file) return fields.config === undefined ? undefined : asJsonText(withoutMark(fields.config));
  if (file.bytes > MAX_CONFIG_BYTES)
    throw fail('BAD_UPLOAD', { what: `config has ${file.bytes} bytes; were config and data swapped?` });
  try {
    return asJsonText(decodeText(await readFile(file.path)));
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw fail('BAD_CONFIG', { what: `"${file.name}": ${error.message}` }, { cause: error });
  }
}

/** The config of a request that changes one: the body, or a form with it. */
export async function sentConfig(upload: Upload): Promise<string | undefined> {
  return upload.json === undefined ? configIn(upload) : asJsonText(upload.json);
}

function published({ spec, stored, state, checkup }: Model, warnings: readonly string[] = []) {
  return {
    success: true,
    model: spec && describeModel(spec),
    triton: { state: state.toUpperCase(), version: String(stored.version), platform: stored.platform },
    warnings: [...warnings, ...(spec?.warnings ?? []), ...(checkup?.warnings ?? [])],
    dry_run: checkup?.dryRun,
  };
}

/** `GET /admin/model`: every model with its state, ready or not, the versions to go back to, and how far a download for it has come. */
export function listStoredModels(models: Catalog, ngc: Ngc) {
  return async function answerListStoredModels(_request: Request, response: Response): Promise<void> {
    const stored = models
      .list()
      .map(async ({ name, spec, state, reason, checkup, stored: { version, platform, uploaded } }) => ({
        name,
        type: spec?.type ?? null,
        state,
        reason,
        version,
        platform,
        uploaded,
        versions: (await models.versions(name)).map((kept) => ({ version: kept.version, uploaded: kept.uploaded })),
        warnings: [...(spec?.warnings ?? []), ...(checkup?.warnings ?? [])],
        last_call: models.lastCall(name) ?? null,
        download: ngc.progress.get(name),
      }));
    const known = new Set(models.list().map(({ name }) => name));
    const coming = [...ngc.progress]
      .filter(([name]) => !known.has(name))
      .map(([name, download]) => ({ name, type: null, state: 'downloading', reason: '', download }));
    response.json([...(await Promise.all(stored)), ...coming].sort((a, b) => (a.name < b.name ? -1 : 1)));
  };
}

/** `GET /admin/model/<name>`: the config as it was uploaded; with `?check=true` the model is examined again, and what was found is the answer. */
export function getModel(models: Catalog) {
  return async function answerGetModel(request: Request, response: Response): Promise<void> {
    const name = String(request.params.name);
    if (request.query.check !== 'true') return void response.json(models.get(name).stored.config);
    const model = await models.examine(name);
    response.json({ ...published(model), errors: model.checkup!.errors });
  };
}

/** `DELETE /admin/model/<name>`. */
export function deleteModel(models: Catalog) {
  return async function answerDeleteModel(request: Request, response: Response): Promise<void> {
    const name = String(request.params.name);
    await models.remove(name);
    response.json({ success: true, removed: name });
  };
}
