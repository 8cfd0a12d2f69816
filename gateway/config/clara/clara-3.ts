import { z } from 'zod';
import type { InfererSpec, ModelSpec } from '../../model-spec';
import { bindByDefault, bindFields, bindNodes, claraNodes } from '../monai-bundle/bindings';
import type { Bindings } from '../monai-bundle/bindings';
import { cacheableSteps } from '../cacheable-steps';
import { claraKeys, readHead } from './head';
import { imageFormat } from '../image-format';
import { batchAndRank, claraArgs, claraInferer, fitBatch, isPipelineClass, pipelineInferer } from './inferer';
import { clientSafeInfo } from '../info';
import type { Reading } from '../reading';
import { readSection, warnUnknownKeys } from '../section';
import { readSteps, readWriter } from '../transform-steps';
import { readTritonSection } from './triton-section';
import { validationInferer, validationInferers } from './validation-inferer';
import { nameMap, nonEmptyText, optional } from '../values';

export const inferenceSchema = z.strictObject(
  {
    image: optional(nonEmptyText),
    image_format: imageFormat,
    name: optional(nonEmptyText),
    args: optional(z.unknown()),
    node_mapping: optional(nameMap),
    additional_info: optional(z.unknown()),
    tf: optional(z.strictObject({ input_nodes: optional(nameMap), output_nodes: optional(nameMap) })),
    trtis: optional(z.unknown()),
  },
  { error: 'an object with name, args and trtis' },
);

type Inference = z.output<typeof inferenceSchema>;

/** Where the network ran in NVIDIA's server; here it is Triton in any case. */
const classes = ['TRTISInference', 'TFInference', 'PTInference'];

/** Clara 3.x (`aiaa-api.md` §10.4). */
export function readClara3(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  const { findings } = reading;
  warnUnknownKeys(config, [...claraKeys, 'cache_until'], [], findings);
  const head = readHead(config, '3', reading);
  const pre = readSteps(config.pre_transforms, ['pre_transforms'], reading);
  const post = readSteps(config.post_transforms ?? [], ['post_transforms'], reading);
  const writer = readWriter(config.writer, ['writer'], reading);
  const inference = readSection(inferenceSchema, config.inference, ['inference'], findings);
  if (!inference) return undefined;
  const { image = 'image', image_format, additional_info } = inference;
  const common = {
    ...head,
    dialect: 'clara-3' as const,
    pre,
    cacheableSteps: cacheableSteps(pre, config.cache_until, reading),
    post,
    writer,
    info: clientSafeInfo(additional_info, ['inference', 'additional_info'], findings),
    warnings: findings.warnings,
  };
  const format = image_format && { imageFormat: image_format };
  const inferer = readInferer(inference, image, reading);
  if (inferer.kind === 'pipeline') return { ...common, inference: { inferer, inputs: [], outputs: [], ...format } };
  const triton = readTritonSection(inference.trtis ?? {}, ['inference', 'trtis'], reading, batchAndRank(inferer));
  if (!triton) return undefined;
  const bindings = bind(inference, image, triton, reading);
  return {
    ...common,
    inference: { inferer: fitBatch(inferer, triton, reading), ...bindings, ...format },
    triton,
  };
}

function readInferer({ name = 'TRTISInference', args }: Inference, image: string, reading: Reading): InfererSpec {
  const path = ['inference'];
  if (isPipelineClass(name)) {
    return pipelineInferer(name, args, { input: image, output: claraNodes.field }, path, reading);
  }
  const validation = validationInferer(name, args, [...path, 'args'], reading);
  if (validation) return validation;
  if (!classes.includes(name.split('.').pop() ?? '')) {
    reading.findings.add(
      [...path, 'name'],
      name,
      `one of ${[...classes, ...validationInferers].join(', ')}; an inference class of your own is Python, which cannot run here`,
    );
  }
  const parsed = readSection(claraArgs, args ?? {}, [...path, 'args'], reading.findings);
  return parsed ? claraInferer(parsed, [...path, 'args'], reading) : { kind: 'simple' };
}

/** `node_mapping` first, then `tf`, then the only tensors there are. */
function bind(
  { node_mapping, tf }: Inference,
  image: string,
  triton: Parameters<typeof bindByDefault>[1],
  reading: Reading,
): Bindings {
  if (node_mapping) return bindNodes(node_mapping, image, triton, ['inference', 'node_mapping'], reading);
  const bindings = bindByDefault({ input: image, output: claraNodes.field }, triton, claraNodes);
  return {
    inputs: tf?.input_nodes
      ? bindFields(tf.input_nodes, triton.input, ['inference', 'tf', 'input_nodes'], reading)
      : bindings.inputs,
    outputs: tf?.output_nodes
      ? bindFields(tf.output_nodes, triton.output, ['inference', 'tf', 'output_nodes'], reading)
      : bindings.outputs,
  };
}
