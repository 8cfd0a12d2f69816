import { z } from 'zod';
import type { InfererSpec } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import { clientSafeInfo } from '../model-entry';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { imageFormat, nameMap, nonEmptyText, optional } from '../values';
import { bindByDefault, bindFields, bindNodes, claraNodes, type Bindings } from './bindings';
import { defineDialect } from './clara';
import {
  claraArgs,
  classNameOf,
  fitBatch,
  infererOf,
  isPipelineClass,
  pipelineInferer,
  validationInferer,
  validationInferers,
} from './inferer';
import { readTritonSection } from './triton-section';

const inference = z.strictObject(
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

type Inference = z.output<typeof inference>;

/** Where the network ran in NVIDIA's server; here it is Triton in any case. */
const classes = ['TRTISInference', 'TFInference', 'PTInference'];

/** Clara 3.x: inference classes with arguments, Triton's config as JSON. */
export const clara3 = defineDialect({
  dialect: 'clara-3',
  silentVersion: '3',
  keys: ['format'],
  inference,
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

function readInferer({ name = 'TRTISInference', args }: Inference, image: string, reading: Reading): InfererSpec {
  const path = ['inference'];
  if (isPipelineClass(name))
    return pipelineInferer(name, args, { input: image, output: claraNodes.field }, path, reading);
  const place = [...path, 'args'];
  const validation = validationInferer(name, args, place, reading);
  if (validation) return validation;
  if (!classes.includes(classNameOf(name))) {
    const expected = `one of ${[...classes, ...validationInferers].join(', ')}; an inference class of your own is Python, which cannot run here`;
    reading.findings.add([...path, 'name'], name, expected);
  }
  return infererOf('clara', readSection(claraArgs, args ?? {}, place, reading.findings), place, reading);
}

/** `node_mapping` first, then `tf`, then the only tensors there are. */
function bind({ node_mapping, tf }: Inference, image: string, triton: TritonModelConfig, reading: Reading): Bindings {
  if (node_mapping) return bindNodes(node_mapping, image, triton, ['inference', 'node_mapping'], reading);
  const bindings = bindByDefault({ input: image, output: claraNodes.field }, triton, claraNodes);
  const { input_nodes, output_nodes } = tf ?? {};
  const path = ['inference', 'tf'];
  if (input_nodes) bindings.inputs = bindFields(input_nodes, triton.input, [...path, 'input_nodes'], reading);
  if (output_nodes) bindings.outputs = bindFields(output_nodes, triton.output, [...path, 'output_nodes'], reading);
  return bindings;
}
