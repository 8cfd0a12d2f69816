import { z } from 'zod';
import type { TransformDefinition } from '../../transforms/definition';
import type { TritonModelConfig } from '../../triton/model-config';
import { isRecord } from '../findings';
import { clientSafeInfo } from '../model-entry';
import { batchLimit, count, flag, imageFormat, nameMap, nonEmptyText, optional } from '../values';
import { bindFields, claraNodes } from './bindings';
import { defineDialect } from './clara';
import { claraRoi, fitBatch, infererOf } from './inferer';
import { floatTensor, platforms } from './triton-section';

const channels = optional(z.record(z.string(), count));

const inference = z.strictObject({
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

type Inference = z.output<typeof inference>;

/** Clara 2.x: one flat `inference`, from which Triton's config is derived. */
export const clara2 = defineDialect({
  dialect: 'clara-2',
  silentVersion: '2',
  keys: ['format'],
  inference,
  network(read, { config, head, pre }, reading) {
    const inputs = read.tf?.input_nodes ?? { [read.image ?? 'image']: claraNodes.input };
    const outputs = read.tf?.output_nodes ?? { [claraNodes.field]: claraNodes.output };
    const triton =
      reading.tritonConfig ??
      deriveTriton(
        read,
        inputs,
        outputs,
        pre.map(({ name }) => reading.catalogue.find(name)),
      );
    const { image_format } = read;
    return {
      inference: {
        inferer: fitBatch(infererOf('clara', read, ['inference'], reading), triton, reading),
        inputs: bindFields(inputs, triton.input, ['inference', 'tf', 'input_nodes'], reading),
        outputs: bindFields(outputs, triton.output, ['inference', 'tf', 'output_nodes'], reading),
        ...(image_format && { imageFormat: image_format }),
      },
      triton,
      // DExtr3D clients crop by `padding` and resample to `roi`.
      info:
        head.type === 'annotation' && isRecord(config.inference)
          ? clientSafeInfo(
              { padding: config.inference.padding, roi: config.inference.roi },
              ['inference'],
              reading.findings,
            )
          : {},
    };
  },
});

/** Triton's config: window size and channel counts, channels where the pre-transforms leave them. */
function deriveTriton(
  { roi, trtis, channel_first, batch_size = 1 }: Inference,
  inputs: Record<string, string>,
  outputs: Record<string, string>,
  pre: readonly (TransformDefinition | undefined)[],
): TritonModelConfig {
  const flat = pre.some((definition) => definition?.flat);
  const space = roi ?? Array<number>(flat ? 2 : 3).fill(-1);
  const placed = pre.findLast((definition) => definition?.channels)?.channels;
  const channelsLast = placed ? placed === 'last' : channel_first === false;
  const dims = (size = -1) => (channelsLast ? [...space, size] : [size, ...space]);
  const tensors = (nodes: Record<string, string>, sizes: Record<string, number> = {}) =>
    Object.entries(nodes).map(([field, node]) => floatTensor(node, dims(sizes[field])));
  return {
    platform: trtis?.platform ?? 'tensorflow_graphdef',
    max_batch_size: trtis?.max_batch_size ?? batch_size,
    input: tensors(inputs, trtis?.input_channels),
    output: tensors(outputs, trtis?.output_channels),
    ...(trtis?.gpu_instance_count && { instance_group: [{ count: trtis.gpu_instance_count }] }),
  };
}
