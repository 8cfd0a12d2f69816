import type { InfererSpec, ModelSpec, TensorBinding } from '../../model-spec';
import type { TritonModelConfig, TritonTensorConfig } from '../../triton/model-config';
import { pathText, type ConfigPath } from '../findings';
import { nearNames } from '../../near-names';
import type { Reading } from '../reading';
import { floatTensor } from './triton-section';

export type Bindings = Pick<ModelSpec['inference'], 'inputs' | 'outputs'>;

/** Clara's own names of tensors where a config gives none, and of the field with the network's answer. */
export const claraNodes = { input: 'NV_MODEL_INPUT', output: 'NV_MODEL_OUTPUT', field: 'model' };

/** The names that Triton's backend for TorchScript gives tensors, which have none in the file. */
export const torchNodes = { input: 'INPUT__0', output: 'OUTPUT__0' };

/** Triton's config of a TorchScript model with these dims. */
export const torchScript = (inferer: InfererSpec, input: number[], output: number[]): TritonModelConfig => ({
  platform: 'pytorch_libtorch',
  max_batch_size: inferer.kind === 'scanning-window' ? inferer.batchSize : 1,
  input: [floatTensor(torchNodes.input, input)],
  output: [floatTensor(torchNodes.output, output)],
});

type Tensors = Pick<TritonModelConfig, 'input' | 'output'>;

/** `{ field: node }` (`tf.input_nodes`) as bindings; nodes must be among `tensors`, where there are any. */
export function bindFields(
  nodes: Record<string, string>,
  tensors: readonly TritonTensorConfig[],
  path: ConfigPath,
  reading: Reading,
): TensorBinding[] {
  return Object.entries(nodes).map(([field, tensor]) => {
    checkName(tensor, tensors, [...path, field], tensor, reading);
    return { tensor, field };
  });
}

/**
 * `node_mapping` (`{ node: field }`) as bindings: a node is an input when Triton's section says so, else when its field is the image's.
 * Nodes that are not among the tensors of Triton's section become findings.
 */
export function bindNodes(
  mapping: Record<string, string>,
  imageField: string,
  { input, output }: Tensors,
  path: ConfigPath,
  reading: Reading,
): Bindings {
  const bindings: Bindings = { inputs: [], outputs: [] };
  const holds = (side: readonly TritonTensorConfig[], tensor: string) => side.some(({ name }) => name === tensor);
  for (const [tensor, field] of Object.entries(mapping)) {
    const isInput = holds(input, tensor) || (!holds(output, tensor) && field === imageField);
    checkName(tensor, isInput ? input : output, [...path, tensor], field, reading);
    (isInput ? bindings.inputs : bindings.outputs).push({ tensor, field });
  }
  return bindings;
}

function checkName(
  tensor: string,
  tensors: readonly TritonTensorConfig[],
  path: ConfigPath,
  value: unknown,
  { findings }: Reading,
): void {
  const names = tensors.map(({ name }) => name);
  if (names.length === 0 || names.includes(tensor)) return;
  const expected = `a tensor of the model (${names.join(', ')})`;
  const suggestions = names.length === 1 ? names : nearNames(tensor, names);
  const message = `${pathText(path)} names the tensor "${tensor}", but must name ${expected}`;
  findings.add(path, value, expected, { message, suggestions });
}

/** Bindings for a config that names no nodes: the only tensor of Triton's section, or the default name. */
export function bindByDefault(
  fields: { input: string; output: string },
  { input, output }: Tensors,
  defaults: { input: string; output: string },
): Bindings {
  const only = (list: readonly TritonTensorConfig[], fallback: string) => (list.length === 1 ? list[0].name : fallback);
  return {
    inputs: [{ tensor: only(input, defaults.input), field: fields.input }],
    outputs: [{ tensor: only(output, defaults.output), field: fields.output }],
  };
}
