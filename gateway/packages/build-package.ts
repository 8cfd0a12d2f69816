import { fail } from '../errors';
import { instanceCount, type TritonModelConfig } from '../triton/model-config';
import type { ModelSpec } from '../model-spec';
import { fileFormatOf, checkAgainstFile, inspect } from './inspect-model';
import type { FileTensor } from './model-file-format';
import { bindByPosition } from './bind-by-position';
import { TRITON_FOLDER, type ModelFile, type ModelFileFormat, type RecognisedUpload } from './model-file-format';
import { buildRepositoryFolder, judgeCode, type BuildOptions } from './repository-package';
import { withScheduling } from './scheduling';

/** An upload, ready to become a version directory of Triton's repository: the file under `fileName`, beside it this config. */
export interface BuiltPackage {
  platform: string;
  fileName: string;
  /** Tensors as the file itself has them, for formats that tell. */
  inputs?: FileTensor[];
  outputs?: FileTensor[];
  /** The spec's Triton config, completed from the file. */
  config: TritonModelConfig;
  /** The spec with that config. */
  spec: ModelSpec;
  /** Those of the spec and new ones. */
  warnings: string[];
}

/**
 * Looks into an uploaded model file and settles what Triton is told.
 *
 * The file decides the platform: a file runs on one backend only, and configs are mostly copied from a model
 * of another format (a Clara 3 config with `tensorflow_graphdef` beside the same network exported to ONNX). So a contradiction is a
 * warning, not an error; tensors that do not fit are errors, for no backend could serve them.
 * @throws GatewayError BAD_MODEL_FILE naming what was found and what is accepted; BAD_CONFIG when config and file do not fit;
 * CODE_NOT_ALLOWED
 */
export async function buildPackage(
  spec: ModelSpec,
  upload: RecognisedUpload,
  options: BuildOptions = {},
): Promise<BuiltPackage> {
  if (!spec.triton)
    throw fail('BAD_CONFIG', { what: `a model of type "${spec.type}" has no network, so it takes no model file` });
  const { tritonConfig, file } = upload;
  if (!tritonConfig && !file) throw new Error(`${upload.name} is to be frozen first`);
  const built = file
    ? await buildModelFile(spec, spec.triton, file, options)
    : await buildRepositoryFolder(spec, { ...upload, tritonConfig }, options);
  const { inference = spec.inference, ...made } = { inference: undefined, ...built };
  refuseTooManyInstances(made.config);
  const warnings = [...spec.warnings, ...made.warnings];
  return { ...made, spec: { ...spec, inference, triton: made.config, warnings }, warnings };
}

async function buildModelFile(spec: ModelSpec, triton: TritonModelConfig, file: ModelFile, options: BuildOptions) {
  const { fileFormat, warnings } = fileFormatOf(file);
  const inspected = await inspect(fileFormat, file);
  warnings.push(...inspected.warnings);
  const bound = bindByPosition({ ...spec, triton }, inspected.io, file.name);
  warnings.push(...bound.warnings);
  const settled = settlePlatform(bound.spec.triton, fileFormat, file, warnings);
  const named = inspected.io ? settled : requireTensors(settled, fileFormat);
  const checked = checkAgainstFile(bound.spec, named, inspected, file.name, warnings);
  warnings.push(...judgeCode(inspected.foreign?.(checked) ?? [], file.name, options));
  const config = withScheduling(checked, bound.spec);
  const fileName = file.folder ? TRITON_FOLDER.folder : fileFormat.fileName;
  return {
    platform: fileFormat.platform,
    fileName,
    ...inspected.io,
    config,
    warnings,
    inference: bound.spec.inference,
  };
}

/** Where the config is silent: one instance per device. Volumes are large, and Triton's own default on a CPU is two. */
const ONE_INSTANCE: TritonModelConfig['instance_group'] = [{ count: 1, kind: 'KIND_AUTO' }];

/** The file's platform in place of the config's; the backend's name and a file name of the author's own are not needed beside it. */
function settlePlatform(
  triton: TritonModelConfig,
  fileFormat: ModelFileFormat,
  { name }: ModelFile,
  warnings: string[],
): TritonModelConfig {
  const { platform, backend } = triton;
  const claimed =
    platform && platform !== fileFormat.platform
      ? platform
      : backend && !fileFormat.backends.includes(backend)
        ? backend
        : undefined;
  if (claimed) {
    warnings.push(
      `The config says ${claimed}, but "${name}" is ${fileFormat.title}; it is served as ${fileFormat.platform}`,
    );
  }
  const settled = { instance_group: ONE_INSTANCE, ...triton, platform: fileFormat.platform };
  delete settled.backend;
  delete settled.default_model_filename;
  return settled;
}

/** Formats that do not tell their tensors need them in the config. */
function requireTensors(config: TritonModelConfig, { title, tellsTensors }: ModelFileFormat): TritonModelConfig {
  const side = (['input', 'output'] as const).find((name) => config[name].length === 0);
  if (!side || tellsTensors) return config;
  const what = `it names no ${side} tensors, and ${title} does not tell them; write name, data_type and dims of each ${side}`;
  throw fail('BAD_CONFIG', { what });
}

/** Each instance is a copy of the network in memory: more than these are a slip, and the load would take the machine down. */
const MOST_INSTANCES = 64;

function refuseTooManyInstances(config: TritonModelConfig): void {
  const count = instanceCount(config);
  if (count > MOST_INSTANCES)
    throw fail('BAD_CONFIG', {
      what: `instance_group asks for ${count} instances of the network, at most ${MOST_INSTANCES} are loaded; each takes its own memory, and 1 or 2 per GPU are usual`,
    });
}
