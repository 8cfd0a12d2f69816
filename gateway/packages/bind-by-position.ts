import type { ModelSpec, TensorBinding } from '../model-spec';
import type { TritonModelConfig, TritonTensorConfig } from '../triton/model-config';
import type { FileTensor, ModelIo } from './model-file-format';

type NetworkSpec = ModelSpec & { triton: TritonModelConfig };

/**
 * Gives the fields of a MONAI bundle to the tensors of its model file. The bundle has no place for names of tensors, and the gateway's own
 * are those of TorchScript: where a file has others (PyTorch's exporter calls them "x", "31" or "input.1"), the one with the field's name is
 * taken, else the one at the same position, with the type that the file has.
 */
export function bindByPosition(
  spec: NetworkSpec,
  io: ModelIo | undefined,
  file: string,
): { spec: NetworkSpec; warnings: string[] } {
  const { inference, triton } = spec;
  const [inputs, outputs] = [inference.inputs, inference.outputs];
  const named = (bindings: readonly TensorBinding[], tensors: readonly FileTensor[]) =>
    bindings.some(({ tensor }) => tensors.some(({ name }) => name === tensor));
  if (spec.dialect !== 'monai-bundle' || !io || (named(inputs, io.inputs) && named(outputs, io.outputs)))
    return { spec, warnings: [] };
  if (io.inputs.length < inputs.length || io.outputs.length < outputs.length) return { spec, warnings: [] };
  const input = rename(inputs, triton.input, io.inputs);
  const output = rename(outputs, triton.output, io.outputs);
  const bound = [...input.bindings, ...output.bindings]
    .map(({ field, tensor }) => `"${field}" to "${tensor}"`)
    .join(', ');
  const others = io.outputs.filter(({ name }) => !output.bindings.some(({ tensor }) => tensor === name)).map(({ name }) => `"${name}"`); // prettier-ignore
  const unused = others.length > 0 ? `; its outputs ${others.join(', ')} are not used` : '';
  return {
    spec: {
      ...spec,
      inference: { ...inference, inputs: input.bindings, outputs: output.bindings },
      triton: { ...triton, input: input.configs, output: output.configs },
    },
    warnings: [`The bundle names no tensors of "${file}", so fields were bound to them by position: ${bound}${unused}`],
  };
}

function rename(
  bindings: readonly TensorBinding[],
  configs: readonly TritonTensorConfig[],
  tensors: readonly FileTensor[],
) {
  const chosen = bindings.map(({ tensor, field }, at) => {
    const own = tensors.find(({ name }) => name === tensor || name === field);
    return { tensor, field, found: own ?? tensors[at] };
  });
  return {
    bindings: chosen.map(({ field, found }) => ({ field, tensor: found.name })),
    configs: configs.map((config) => {
      const found = chosen.find(({ tensor }) => tensor === config.name)?.found;
      return found ? { ...config, name: found.name, data_type: found.dataType ?? config.data_type } : config;
    }),
  };
}
