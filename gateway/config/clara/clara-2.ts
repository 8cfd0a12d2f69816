import { z } from 'zod';
import type { ModelSpec, TransformStep } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import { bindFields, claraNodes } from '../monai-bundle/bindings';
import { cacheableSteps } from '../cacheable-steps';
import { isRecord } from '../findings';
import { claraKeys, readHead } from './head';
import { imageFormat } from '../image-format';
import { claraInferer, claraRoi, fitBatch } from './inferer';
import { clientSafeInfo } from '../info';
import type { Reading } from '../reading';
import { readSection, warnUnknownKeys } from '../section';
import { readSteps, readWriter } from '../transform-steps';
import type { TransformCatalogue } from '../transform-catalogue';
import { floatTensor, platforms } from './triton-section';
import { batchLimit, count, flag, nameMap, nonEmptyText, optional } from '../values';

const channels = optional(z.record(z.string(), count));

export const inferenceSchema = z.strictObject({
  image: optional(nonEmptyText),
  image_format: imageFormat,
  scanning_window: optional(flag),
  batch_size: optional(count),
  roi: optional(claraRoi),
  padding: optional(z.unknown()),
  channel_first: optional(flag),
  tf: optional(z.strictObject({ input_nodes: optional(nameMap), output_nodes: optional(nameMap) })),
  trtis: optional(
    z.strictObject({
      input_channels: channels,
      output_channels: channels,
      gpu_instance_count: optional(count),
      max_batch_size: optional(batchLimit),
      platform: optional(z.enum(platforms, { error: `one of ${platforms.join(', ')}` })),
    }),
  ),
});

type Inference = z.output<typeof inferenceSchema>;

/** Clara 2.x: one flat `inference` (`aiaa-api.md` §10.2), from which Triton's config is derived (`transforms.md` §5.1). */
export function readClara2(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  warnUnknownKeys(config, [...claraKeys, 'cache_until'], [], reading.findings);
  const head = readHead(config, '2', reading);
  const pre = readSteps(config.pre_transforms, ['pre_transforms'], reading);
  const post = readSteps(config.post_transforms ?? [], ['post_transforms'], reading);
  const writer = readWriter(config.writer, ['writer'], reading);
  const inference = readSection(inferenceSchema, config.inference, ['inference'], reading.findings);
  if (!inference) return undefined;
  const inputs = inference.tf?.input_nodes ?? { [inference.image ?? 'image']: claraNodes.input };
  const outputs = inference.tf?.output_nodes ?? { [claraNodes.field]: claraNodes.output };
  const triton = reading.tritonConfig ?? deriveTriton(inference, inputs, outputs, pre, reading.catalogue);
  return {
    ...head,
    dialect: 'clara-2',
    pre,
    cacheableSteps: cacheableSteps(pre, config.cache_until, reading),
    inference: {
      inferer: fitBatch(claraInferer(inference, ['inference'], reading), triton, reading),
      inputs: bindFields(inputs, triton.input, ['inference', 'tf', 'input_nodes'], reading),
      outputs: bindFields(outputs, triton.output, ['inference', 'tf', 'output_nodes'], reading),
      ...(inference.image_format && { imageFormat: inference.image_format }),
    },
    post,
    writer,
    triton,
    info: head.type === 'annotation' ? annotationInfo(config.inference, reading) : {},
    warnings: reading.findings.warnings,
  };
}

/** Triton's config: window size and channel counts, channels where the pre-transforms leave them. */
function deriveTriton(
  { roi, trtis = emptyTrtis, channel_first, batch_size = 1 }: Inference,
  inputs: Record<string, string>,
  outputs: Record<string, string>,
  pre: readonly TransformStep[],
  catalogue: TransformCatalogue,
): TritonModelConfig {
  const definitions = pre.map(({ name }) => catalogue.find(name));
  const flat = definitions.some((definition) => definition?.flat);
  const space = roi ?? Array<number>(flat ? 2 : 3).fill(-1);
  const placed = definitions.findLast((definition) => definition?.channels)?.channels;
  const channelsLast = placed ? placed === 'last' : channel_first === false;
  const dims = (size = -1) => (channelsLast ? [...space, size] : [size, ...space]);
  const { input_channels = {}, output_channels = {}, gpu_instance_count } = trtis;
  return {
    platform: trtis.platform ?? 'tensorflow_graphdef',
    max_batch_size: trtis.max_batch_size ?? batch_size,
    input: Object.entries(inputs).map(([field, node]) => floatTensor(node, dims(input_channels[field]))),
    output: Object.entries(outputs).map(([field, node]) => floatTensor(node, dims(output_channels[field]))),
    ...(gpu_instance_count && { instance_group: [{ count: gpu_instance_count }] }),
  };
}

const emptyTrtis: NonNullable<Inference['trtis']> = {
  input_channels: undefined,
  output_channels: undefined,
  gpu_instance_count: undefined,
  max_batch_size: undefined,
  platform: undefined,
};

/** DExtr3D clients crop by `padding` and resample to `roi`. */
function annotationInfo(inference: unknown, { findings }: Reading): Record<string, unknown> {
  const { padding, roi } = isRecord(inference) ? inference : {};
  return clientSafeInfo({ padding, roi }, ['inference'], findings);
}
