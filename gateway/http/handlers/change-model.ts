import { mkdir, readFile } from 'node:fs/promises';
import { describeModel } from '../../config/model-entry';
import { roundedBytes } from '../../config/nnunet/about';
import type { ConfigCheck, ConfigProblem, Published } from '../../contract/models';
import type { Model } from '../../deployment/model';
import { parseNgcRequest } from '../../deployment/ngc/ngc';
import { asGatewayError, fail } from '../../errors';
import type { ModelSpec } from '../../model-spec';
import type { Reading } from '../../packages/reading/reading';
import { bytesForUsualCt } from '../../pipeline/memory-plan';
import { TextError } from '../../text';
import type { UploadCall } from '../endpoint';
import { clientGone } from '../middleware/request-run';
import { refuseTextInPlaceOfFile, warnOfUnreadFields } from '../multipart/form-fields';
import { workInFolder, type Upload } from '../multipart/upload';
import type { Services } from '../services';
import { say, sentenceOf } from '../../sentence';

/** Fields that choose in a results folder of nnU-Net. */
const choices = ['configuration', 'folds', 'precision', 'mirroring'] as const;

const MAX_CONFIG_BYTES = 16 << 20;

/**
 * `PUT /admin/model/<name>`: publish a model from the form files `config` and `data`, `data` alone for an archive with a config (an MMAR,
 * a MONAI bundle), `config` alone for a pipeline, or a reference to NGC as the JSON body or the form field `ngc`. Answers when Triton serves it.
 */
export async function publishModel(
  call: UploadCall<'BAD_UPLOAD'>,
  { models, ngc, opening, reading }: Services,
): Promise<void> {
  const { request, response, upload, path, fail } = call;
  refuseTextInPlaceOfFile(upload, ['data']);
  warnOfUnreadFields(call, ['config', 'ngc', ...choices]);
  const publish = async () => {
    const sent = upload.files.filter(({ field }) => field === 'data');
    const reference = upload.json ?? upload.fields.ngc;
    if (reference !== undefined) await mkdir(upload.directory, { recursive: true });
    const data =
      reference === undefined
        ? sent[0]
        : await ngc.fetch(path.name, parseNgcRequest(reference), upload.directory, clientGone(request, response));
    const config = await configIn(upload, reading);
    if (data) {
      const others = sent.filter((file) => file !== data);
      const choice = Object.fromEntries(choices.map((field) => [field, upload.fields[field] || undefined]));
      const opened = await reading.open({ config, data, others, choice }, upload.directory, opening);
      return publishedModel(await models.put(path.name, opened), opened.warnings);
    }
    if (config === undefined) {
      const what = say`config is missing: send config_aiaa.json as form file "config" and the model as form file "data", as in curl -X PUT -F config=@config_aiaa.json -F data=@model.onnx`;
      throw fail('BAD_UPLOAD', { what });
    }
    return publishedModel(await models.put(path.name, { config }));
  };
  response.json(await workInFolder(upload, publish));
}

/**
 * `PATCH /admin/model/<name>`: a new config for the model file that is there, or `{"version": N}` alone to go back to a kept version.
 * Answers when Triton serves it; on failure the old one stays. With `?check=true` nothing is changed, and the answer says what is wrong.
 */
export async function changeModel(
  { response, upload, path: { name }, query, fail }: UploadCall<'BAD_UPLOAD', { check?: string }>,
  { models, reading }: Services,
): Promise<void> {
  if (query.check === 'true') return void response.json(await checkConfig({ models, reading }, name, upload));
  const config = await sentConfig(upload, reading);
  if (config === undefined) {
    throw fail('BAD_UPLOAD', {
      what: say`it holds no config: send config_aiaa.json as the body, as in curl -X PATCH -H "Content-Type: application/json" -d @config_aiaa.json`,
    });
  }
  const version = versionWanted(config);
  const model = version === undefined ? models.patch(name, config) : models.rollBack(name, version);
  response.json(publishedModel(await model));
}

/** The server's findings about a config: `errors` say where (`path`, as in `pre_transforms[2].args.pixdim`) and what, all at once. */
async function checkConfig(
  { models, reading }: Pick<Services, 'models' | 'reading'>,
  name: string,
  upload: Upload,
): Promise<ConfigCheck> {
  try {
    const { warnings } = await models.checkConfig(name, (await sentConfig(upload, reading)) ?? '');
    return { success: true, errors: [], warnings };
  } catch (error) {
    const { code, message, details } = asGatewayError(error);
    if (code !== 'BAD_CONFIG' && code !== 'BAD_MODEL_FILE') throw error;
    const findings = details?.findings as ConfigProblem[] | undefined;
    return { success: false, errors: findings ?? [{ path: '', message }], warnings: [] };
  }
}

/** The version in a body that is `{"version": N}` and nothing else; a config has more to it. @throws BAD_PARAMS */
function versionWanted(body: string): number | undefined {
  const match = /^\s*\{\s*"version"\s*:\s*("[^"]*"|[^\s"}]+)\s*\}\s*$/.exec(body);
  if (!match) return undefined;
  const version = Number(match[1].replace(/"/g, ''));
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw fail('BAD_PARAMS', {
    what: say`version is ${match[1]}, expected the number of a kept version, for example {"version": 2}`,
  });
}

/** The config of a request that changes one: the body, or a form with it. */
async function sentConfig(upload: Upload, reading: Reading): Promise<string | undefined> {
  return upload.json === undefined ? configIn(upload, reading) : reading.configText(upload.json);
}

/** The form file or form field `config`, JSON or YAML, as JSON. @throws BAD_CONFIG, BAD_UPLOAD */
async function configIn({ fields, files }: Upload, reading: Reading): Promise<string | undefined> {
  const file = files.find(({ field }) => field === 'config');
  if (!file) return fields.config === undefined ? undefined : reading.configText(fields.config);
  if (file.bytes > MAX_CONFIG_BYTES)
    throw fail('BAD_UPLOAD', { what: say`config has ${file.bytes} bytes; were config and data swapped?` });
  try {
    return await reading.configText(await readFile(file.path));
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw fail('BAD_CONFIG', { what: say`"${file.name}": ${sentenceOf(error)}` }, { cause: error });
  }
}

export function publishedModel({ spec, stored, state, checkup }: Model, warnings: readonly string[] = []): Published {
  return {
    success: true,
    // A model that serves has a config that can be read.
    model: describeModel(spec!),
    triton: { state: state.toUpperCase(), version: String(stored.version), platform: stored.platform },
    warnings: [...warnings, ...spec!.warnings, ...(checkup?.warnings ?? [])],
    about: spec!.about && [...spec!.about, memoryHere(spec!)],
    dry_run: checkup?.dryRun,
  };
}

function memoryHere(spec: ModelSpec): string {
  const channels = spec.inference.inferer.kind === 'nninteractive' ? 1 : (spec.triton?.input[0]?.dims[0] ?? 1);
  const bytes = bytesForUsualCt(spec, channels);
  return `Memory of this server for a CT of 512 × 512 × 300 voxels of 0.8 × 0.8 × 1.5 mm: up to ${roundedBytes(bytes)}`;
}
