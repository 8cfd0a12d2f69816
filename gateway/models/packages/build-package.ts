import { fail } from '../../errors';
import type { TritonModelConfig, TritonTensorConfig } from '../../triton/model-config';
import type { ModelSpec } from '../model-spec';
import { acceptedFormats, builders } from './builders';
import { checkTensors } from './check-io';
import { detectFormat } from './detect-format';
import { checkGraphNodes } from './graphdef-model';
import type { FileTensor } from './model-io';
import type { PackageBuilder, UploadedModel } from './package-builder';

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
 * The file decides the platform: a file runs on one backend only, whatever the config says, and configs are mostly copied from a model
 * of another format (a Clara 3 config with `tensorflow_graphdef` beside the same network exported to ONNX). So a contradiction is a
 * warning, not an error; tensors that do not fit are errors, for no backend could serve them.
 * @throws GatewayError BAD_MODEL_FILE naming what was found and what is accepted; BAD_CONFIG when config and file do not fit
 */
export async function buildPackage(spec: ModelSpec, upload: UploadedModel): Promise<BuiltPackage> {
  if (!spec.triton)
    throw fail('BAD_CONFIG', { what: `a model of type "${spec.type}" has no network, so it takes no model file` });
  const { builder, warnings } = await findBuilder(upload);
  const inspected = await builder.inspect(upload);
  if (inspected.errors.length > 0)
    throw fail('BAD_MODEL_FILE', { file: upload.name, what: inspected.errors.join('; ') });
  warnings.push(...inspected.warnings);
  const settled = settlePlatform(spec.triton, builder, upload, warnings);
  const named = inspected.io ? settled : requireTensors(settled, builder);
  const config = inspected.io
    ? complete(checkTensors(settled, inspected.io, spec.inference), upload, warnings)
    : inspected.nodes
      ? complete({ ...checkGraphNodes(named, inspected.nodes, spec.inference), completed: named }, upload, warnings)
      : named;
  const all = [...spec.warnings, ...warnings];
  return {
    platform: builder.platform,
    fileName: builder.fileName,
    ...inspected.io,
    config,
    spec: { ...spec, triton: config, warnings: all },
    warnings: all,
  };
}

async function findBuilder(upload: UploadedModel): Promise<{ builder: PackageBuilder; warnings: string[] }> {
  const detected = await detectFormat(upload.path, upload.name);
  if ('found' in detected) {
    const advice = detected.advice ? `; ${detected.advice}` : '';
    throw fail('BAD_MODEL_FILE', {
      file: upload.name,
      what: `it is ${detected.found}${advice}. Accepted are ${acceptedFormats}`,
    });
  }
  const builder = builders.find(({ format }) => format === detected.format);
  if (!builder) throw new Error(`no builder for ${detected.format}`);
  const doubt = `"${upload.name}" was taken for ${builder.title} by its name alone`;
  return { builder, warnings: detected.sure ? [] : [doubt] };
}

/** Where the config is silent: one instance per device. Volumes are large, and Triton's own default on a CPU is two. */
const ONE_INSTANCE: TritonModelConfig['instance_group'] = [{ count: 1, kind: 'KIND_AUTO' }];

/** The file's platform in place of the config's; the backend's name and a file name of the author's own are not needed beside it. */
function settlePlatform(
  triton: TritonModelConfig,
  builder: PackageBuilder,
  upload: UploadedModel,
  warnings: string[],
): TritonModelConfig {
  const { platform, backend } = triton;
  const claimed =
    platform && platform !== builder.platform
      ? platform
      : backend && !builder.backends.includes(backend)
        ? backend
        : undefined;
  if (claimed) {
    warnings.push(
      `The config says ${claimed}, but "${upload.name}" is ${builder.title}; it is served as ${builder.platform}`,
    );
  }
  const settled = { instance_group: ONE_INSTANCE, ...triton, platform: builder.platform };
  delete settled.backend;
  delete settled.default_model_filename;
  return settled;
}

function complete(
  { errors, warnings: more, completed }: ReturnType<typeof checkTensors>,
  upload: UploadedModel,
  warnings: string[],
) {
  if (errors.length > 0) {
    const rest = errors.length > 1 ? ` (and ${errors.length - 1} more, listed in details.findings)` : '';
    const findings = errors.map((message) => ({ kind: 'tensor', message }));
    throw fail(
      'BAD_CONFIG',
      { what: `it does not fit "${upload.name}": ${errors[0]}${rest}` },
      { details: { findings } },
    );
  }
  warnings.push(...more);
  return completed;
}

/** Formats that do not tell their tensors need them in the config (`triton.md` §2.1). TensorRT's backend reads its plan itself. */
function requireTensors(config: TritonModelConfig, builder: PackageBuilder): TritonModelConfig {
  const side = (
    [
      ['input', config.input],
      ['output', config.output],
    ] as [string, TritonTensorConfig[]][]
  ).find(([, list]) => list.length === 0);
  if (side && builder.format !== 'tensorrt') {
    const what = `it names no ${side[0]} tensors, and ${builder.title} does not tell them; write name, data_type and dims of each ${side[0]}`;
    throw fail('BAD_CONFIG', { what });
  }
  return config;
}
