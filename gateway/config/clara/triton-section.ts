import { z } from 'zod';
import type { InfererSpec } from '../../model-spec';
import type { TritonModelConfig, TritonTensorConfig } from '../../triton/model-config';
import { isRecord, type ConfigPath } from '../findings';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { refuseUnsafeKeys } from '../triton-security';
import { batchLimit, count, flag, integer, nonEmptyText, optional } from '../values';

/** The platforms whose files can be uploaded. */
export const platforms = [
  'onnxruntime_onnx',
  'pytorch_libtorch',
  'tensorflow_graphdef',
  'tensorflow_savedmodel',
  'tensorrt_plan',
] as const;

const backends = ['onnxruntime', 'pytorch', 'libtorch', 'tensorflow', 'tensorrt'] as const;

const dataTypes = 'BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 FP32 FP64 STRING BF16'
  .split(' ')
  .map((type) => `TYPE_${type}`);

const axisText = 'a whole number of at least 1, or -1 for a free axis';
const axis = integer.refine((size) => typeof size !== 'number' || size === -1 || size >= 1, { error: axisText });

/** `FP32` and `fp32` for `TYPE_FP32`. */
const typeName = (value: unknown) =>
  dataTypes.find((type) => typeof value === 'string' && type === `TYPE_${value.toUpperCase()}`) ?? value;
const dataType = z.enum(dataTypes as [string, ...string[]], { error: `one of ${dataTypes.join(', ')}` });

const tensor = z.strictObject({
  name: nonEmptyText,
  data_type: z.preprocess(typeName, dataType),
  dims: z
    .array(axis, { error: 'a list of axis sizes without the batch axis' })
    .min(1, { error: 'a list of at least one axis size (use reshape for a scalar)' }),
  format: optional(z.enum(['FORMAT_NONE', 'FORMAT_NHWC', 'FORMAT_NCHW'])),
  reshape: optional(z.strictObject({ shape: z.array(axis) })),
  optional: optional(flag),
});

/** `"auto"` and `""` say nothing: the model file decides. */
const silent = (value: unknown) => (value === '' || value === 'auto' ? undefined : value);
const anyObject = z.record(z.string(), z.unknown(), { error: 'an object' });

const parameterValue = z
  .union([z.strictObject({ string_value: z.string() }), z.string(), z.number(), z.boolean()], {
    error: 'a text, or { "string_value": a text }',
  })
  .transform((value) => (typeof value === 'object' ? value : { string_value: String(value) }));

/** The text form of protobuf needs no brackets around a single message: configs copied from it have none either. */
function listOf<S extends z.ZodType>(item: S, error: string) {
  return z.preprocess((value) => (isRecord(value) ? [value] : value), z.array(item, { error }));
}

/** `KIND_AUTO`, `auto`, `gpu`; the graphics cards as a list of numbers. */
const kind = z.preprocess(
  (value) =>
    typeof value === 'string' && /^(auto|gpu|cpu|model)$/i.test(value) ? `KIND_${value.toUpperCase()}` : value,
  z.enum(['KIND_AUTO', 'KIND_GPU', 'KIND_CPU', 'KIND_MODEL']),
);

const instanceGroup = z
  .strictObject({ count: optional(count), kind: optional(kind), gpus: optional(z.array(integer)) })
  .transform(withoutUndefined);

/** Parameters of accelerators are texts to Triton; people write `"max_cached_engines": 100`. */
const accelerator = z.strictObject({
  name: nonEmptyText,
  parameters: optional(
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: 'a text' }).transform(String)),
  ),
});

const accelerators = optional(listOf(accelerator, 'a list of accelerators, such as [{ "name": "tensorrt" }]'));

/** TF-TRT and its like; the other optimisations are passed on. */
const optimization = z.looseObject({
  execution_accelerators: optional(
    z
      .strictObject({ gpu_execution_accelerator: accelerators, cpu_execution_accelerator: accelerators })
      .transform(withoutUndefined),
  ),
});

export const tritonSection = z.strictObject({
  name: optional(z.string()),
  platform: z.preprocess(silent, optional(z.enum(platforms, { error: `one of ${platforms.join(', ')}` }))),
  backend: z.preprocess(silent, optional(z.enum(backends, { error: `one of ${backends.join(', ')}` }))),
  max_batch_size: optional(batchLimit),
  input: optional(listOf(tensor, 'a list of tensors')),
  output: optional(listOf(tensor, 'a list of tensors')),
  instance_group: optional(listOf(instanceGroup, 'a list of instance groups')),
  dynamic_batching: optional(anyObject),
  version_policy: optional(anyObject),
  default_model_filename: optional(nonEmptyText),
  optimization: optional(optimization.transform(withoutUndefined)),
  parameters: optional(z.record(z.string(), parameterValue)),
  model_warmup: optional(z.array(anyObject)),
});

/**
 * A Triton model config written as JSON inside a `config_aiaa.json` (`trtis`, `triton_model_config`, `triton`): names as in the protobuf
 * text form. Tensors left out give empty lists, to be completed from the model file.
 * A config.pbtxt that came with the model stands in its place.
 * @param inferer where `max_batch_size` is left out it tells: a window the batch of its calls, and its spatial axes; dims with two more have
 * the batch axis, which Triton wants to be told with `max_batch_size` 0
 */
export function readTritonSection(
  value: unknown,
  path: ConfigPath,
  reading: Reading,
  inferer: InfererSpec,
): TritonModelConfig | undefined {
  const { findings, tritonConfig } = reading;
  if (tritonConfig) return tritonConfig;
  if (!isRecord(value)) {
    findings.add(path, value, 'a Triton model config as an object');
    return undefined;
  }
  const parsed = readSection(tritonSection, refuseUnsafeKeys(value, path, findings), path, findings);
  if (!parsed) return undefined;
  const { name, input = [], output = [], ...rest } = parsed;
  const window = inferer.kind === 'scanning-window' ? inferer : undefined;
  const withBatch = window && input.length > 0 && input[0].dims.length === window.roi.length + 2;
  const max_batch_size = parsed.max_batch_size ?? (withBatch ? 0 : (window?.batchSize ?? 1));
  if (name && name !== reading.name)
    findings.warn(`${path.join('.')}.name is "${name}" and was ignored: the model is called "${reading.name}"`);
  const tensors = { input: input.map(withoutUndefined), output: output.map(withoutUndefined) };
  return withoutUndefined({ ...rest, max_batch_size, ...tensors });
}

/** An fp32 tensor, what every Clara and MONAI model takes and gives. */
export function floatTensor(name: string, dims: number[]): TritonTensorConfig {
  return { name, data_type: 'TYPE_FP32', dims };
}

/** JSON has no undefined: optional keys are absent, also when two specs are compared. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
