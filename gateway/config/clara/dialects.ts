import { z } from 'zod';
import type { InfererSpec } from '../../model-spec';
import type { TransformDefinition } from '../../transforms/definition';
import type { TritonModelConfig } from '../../triton/model-config';
import { isRecord, type ConfigPath } from '../findings';
import { clientSafeInfo } from '../model-entry';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { batchLimit, count, flag, imageFormat, nameMap, nonEmptyText, optional } from '../values';
import { NNUNET_INFERENCE, nnunetInferer } from '../nnunet/inferer';
import { bindByDefault, bindFields, bindNodes, claraNodes, torchNodes, torchScript, type Bindings } from './bindings';
import { defineDialect, type Before, type Network } from './clara';
import {
  aiaaArgs,
  claraArgs,
  claraRoi,
  classNameOf,
  fitBatch,
  infererOf,
  isPipelineClass,
  pipelineInferer,
  validationInferer,
  validationInferers,
} from './inferer';
import { floatTensor, platforms, readTritonSection } from './triton-section';

const channels = optional(z.record(z.string(), count));
const tf = optional(z.strictObject({ input_nodes: optional(nameMap), output_nodes: optional(nameMap) }));

const inference2 = z.strictObject({
  image: optional(nonEmptyText),
  image_format: imageFormat,
  scanning_window: optional(flag),
  batch_size: optional(count),
  roi: optional(claraRoi),
  padding: optional(z.unknown()),
  channel_first: optional(flag),
  tf,
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

/** Clara 2.x: one flat `inference`, from which Triton's config is derived. */
export const clara2 = defineDialect({
  dialect: 'clara-2',
  silentVersion: '2',
  keys: ['format'],
  inference: inference2,
  network(read, { config, head, pre }, reading) {
    const { findings, catalogue } = reading;
    const inputs = read.tf?.input_nodes ?? { [read.image ?? 'image']: claraNodes.input };
    const outputs = read.tf?.output_nodes ?? { [claraNodes.field]: claraNodes.output };
    const definitions = pre.map(({ name }) => catalogue.find(name));
    const triton = reading.tritonConfig ?? deriveTriton(read, inputs, outputs, definitions);
    const inference = {
      inferer: fitBatch(infererOf('clara', read, ['inference'], reading), triton, reading),
      inputs: bindFields(inputs, triton.input, ['inference', 'tf', 'input_nodes'], reading),
      outputs: bindFields(outputs, triton.output, ['inference', 'tf', 'output_nodes'], reading),
      ...(read.image_format && { imageFormat: read.image_format }),
    };
    if (head.type !== 'annotation' || !isRecord(config.inference)) return { inference, triton, info: {} };
    // DExtr3D clients crop by `padding` and resample to `roi`.
    const { padding, roi } = config.inference;
    return { inference, triton, info: clientSafeInfo({ padding, roi }, ['inference'], findings) };
  },
});

/** Triton's config: window size and channel counts, channels where the pre-transforms leave them. */
function deriveTriton(
  { roi, trtis, channel_first, batch_size = 1 }: z.output<typeof inference2>,
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

const inference3 = z.strictObject(
  {
    image: optional(nonEmptyText),
    image_format: imageFormat,
    name: optional(nonEmptyText),
    args: optional(z.unknown()),
    node_mapping: optional(nameMap),
    additional_info: optional(z.unknown()),
    tf,
    trtis: optional(z.unknown()),
  },
  { error: 'an object with name, args and trtis' },
);

type Inference3 = z.output<typeof inference3>;

/** Where the network ran in NVIDIA's server; here it is Triton in any case. */
const classes3 = ['TRTISInference', 'TFInference', 'PTInference'];

/** Clara 3.x: inference classes with arguments, Triton's config as JSON. */
export const clara3 = defineDialect({
  dialect: 'clara-3',
  silentVersion: '3',
  keys: ['format'],
  inference: inference3,
  network(read, _before, reading) {
    const { image = 'image', image_format, additional_info, trtis = {} } = read;
    const info = clientSafeInfo(additional_info, ['inference', 'additional_info'], reading.findings);
    const format = image_format && { imageFormat: image_format };
    const inferer = readInferer(read, image, reading);
    if (inferer.kind === 'pipeline') return { info, inference: { inferer, inputs: [], outputs: [], ...format } };
    const triton = readTritonSection(trtis, ['inference', 'trtis'], reading, inferer);
    if (!triton) return undefined;
    const bindings = bind(read, image, triton, reading);
    return { info, inference: { inferer: fitBatch(inferer, triton, reading), ...bindings, ...format }, triton };
  },
});

function readInferer({ name = 'TRTISInference', args }: Inference3, image: string, reading: Reading): InfererSpec {
  const path = ['inference'];
  if (isPipelineClass(name))
    return pipelineInferer(name, args, { input: image, output: claraNodes.field }, path, reading);
  const place = [...path, 'args'];
  const validation = validationInferer(name, args, place, reading);
  if (validation) return validation;
  checkClass(name, classes3, `one of ${[...classes3, ...validationInferers].join(', ')}`, path, reading);
  return infererOf('clara', readSection(claraArgs, args ?? {}, place, reading.findings), place, reading);
}

function checkClass(name: string, known: string[], names: string, path: ConfigPath, { findings }: Reading): void {
  const expected = `${names}; an inference class of your own is Python, which cannot run here`;
  if (!known.includes(classNameOf(name))) findings.add([...path, 'name'], name, expected);
}

/** `node_mapping` first, then `tf`, then the only tensors there are. */
function bind({ node_mapping, tf }: Inference3, image: string, triton: TritonModelConfig, reading: Reading): Bindings {
  if (node_mapping) return bindNodes(node_mapping, image, triton, ['inference', 'node_mapping'], reading);
  const bindings = bindByDefault({ input: image, output: claraNodes.field }, triton, claraNodes);
  const { input_nodes, output_nodes } = tf ?? {};
  const path = ['inference', 'tf'];
  if (input_nodes) bindings.inputs = bindFields(input_nodes, triton.input, [...path, 'input_nodes'], reading);
  if (output_nodes) bindings.outputs = bindFields(output_nodes, triton.output, [...path, 'output_nodes'], reading);
  return bindings;
}

/** Name and arguments of an inference class, in both forms of version 4. */
export const engineSchema = z.strictObject(
  { name: nonEmptyText, args: optional(z.unknown()), triton_model_config: optional(z.unknown()) },
  { error: 'an object with name and args' },
);

const fields = { input: optional(nonEmptyText), output: optional(nonEmptyText), meta_data: optional(z.unknown()) };

/** Clara 4.0 and 4.1: a part for each engine, of which Triton's is the one that counts here. */
export const clara4 = defineDialect({
  dialect: 'clara-4',
  silentVersion: '1',
  keys: [],
  inference: z.strictObject(
    { ...fields, AIAA: optional(engineSchema), TRITON: optional(engineSchema) },
    { error: 'an object with a part TRITON or AIAA' },
  ),
  network(read, before, reading) {
    const part = read.TRITON ? 'TRITON' : 'AIAA';
    const engine = read[part];
    if (engine) return network4(read, engine, ['inference', part], undefined, before, reading);
    const expected = 'a part TRITON or AIAA with the name and args of the inference';
    reading.findings.add(['inference', 'TRITON'], undefined, expected);
    return undefined;
  },
});

/** Clara 4 early access, March 2021: a flat `inference`, Triton's config at the top of the file. */
export const clara4EarlyAccess = defineDialect({
  dialect: 'clara-4-ea',
  silentVersion: '1',
  keys: ['triton'],
  inference: z.strictObject({ ...engineSchema.shape, ...fields }, { error: 'an object with name and args' }),
  network: (read, before, reading) => network4(read, read, ['inference'], before.config.triton, before, reading),
});

/** @param topTriton Triton's config at the top of the file, which goes before that of the engine */
function network4(
  { input = 'image', output, meta_data }: { input?: string; output?: string; meta_data?: unknown },
  { name, args, triton_model_config }: z.output<typeof engineSchema>,
  path: ConfigPath,
  topTriton: unknown,
  { writer, pre }: Before,
  reading: Reading,
): Network | undefined {
  const { findings } = reading;
  const info = clientSafeInfo(meta_data, ['inference', 'meta_data'], findings);
  if (isPipelineClass(name)) {
    const imageOfWriter = typeof writer.args.image === 'string' ? writer.args.image : 'pred';
    const inferer = pipelineInferer(name, args, { input, output: output ?? imageOfWriter }, path, reading);
    return { info, inference: { inferer, inputs: [], outputs: [] } };
  }
  const classes = ['TritonInference', 'PyTorchInference'];
  const names = classes.map((known) => `aiaa.inference.${known}`).join(' or ');
  checkClass(name, [...classes, NNUNET_INFERENCE], `${names}, or ${NNUNET_INFERENCE}`, path, reading);
  const place = [...path, 'args'];
  const inferer =
    classNameOf(name) === NNUNET_INFERENCE
      ? nnunetInferer(args, { pre, field: input }, place, reading)
      : infererOf('monai-0', readSection(aiaaArgs, args ?? {}, place, findings), place, reading);
  const section = topTriton || triton_model_config;
  const sectionPath = topTriton ? ['triton'] : [...path, 'triton_model_config'];
  const triton =
    section === undefined && !reading.tritonConfig
      ? assumeTorchScript(inferer, info, sectionPath, reading)
      : readTritonSection(section, sectionPath, reading, inferer);
  if (!triton) return undefined;
  const bindings = bindByDefault({ input, output: output ?? 'model' }, triton, torchNodes);
  return { info, inference: { inferer: fitBatch(inferer, triton, reading), ...bindings }, triton };
}

/** Where only AIAA's own engine was described: all axes free but those of the window. */
function assumeTorchScript(
  inferer: InfererSpec,
  { deepgrow }: Record<string, unknown>,
  path: ConfigPath,
  { findings }: Reading,
): TritonModelConfig {
  const rank = typeof deepgrow === 'string' && deepgrow.toUpperCase() === '2D' ? 2 : 3;
  const window = windowOf(inferer) ?? Array<number>(rank).fill(-1);
  const dims = [-1, ...window.map((size) => (size > 0 ? size : -1))];
  findings.warn(
    `${path.join('.')} is missing: a TorchScript model with the tensors ${torchNodes.input} and ${torchNodes.output}, ${dims.join('×')}, was assumed`,
  );
  return torchScript(inferer, dims, dims);
}

const windowOf = (inferer: InfererSpec) =>
  inferer.kind === 'scanning-window' ? inferer.roi : inferer.kind === 'nnunet' ? inferer.patch : undefined;
