import type { TensorBinding } from '../model-spec';
import type { TritonModelConfig, TritonTensorConfig } from '../triton/model-config';
import { didYouMean, nearNames } from '../near-names';
import type { FileTensor, ModelIo } from './model-file-format';

export interface TensorCheck {
  /** Sentences for the model's author; Triton would refuse to load the model, in its own words. */
  errors: string[];
  warnings: string[];
  /** The config with what the file adds: tensors left out, axes left free that the file fixes, the batch axis where it is fixed. */
  completed: TritonModelConfig;
}

/**
 * Compares the tensors of a config with those of the model file, as Triton will: names, types, ranks, fixed axes. With `max_batch_size`
 * above 0 the config's dims lack the batch axis, and the file's first axis must be free.
 * @param bindings the tensors that the rest of the config names (`node_mapping`, `tf`)
 */
export function checkTensors(
  config: TritonModelConfig,
  file: ModelIo,
  bindings?: Record<'inputs' | 'outputs', readonly TensorBinding[]>,
): TensorCheck {
  const unbatched = withFixedBatch(config, file);
  const completed = unbatched ?? { ...config };
  const isBatched = completed.max_batch_size > 0;
  const errors = new Set<string>();
  completed.input = checkSide('input', completed.input, file.inputs, isBatched, errors);
  completed.output = checkSide('output', completed.output, file.outputs, isBatched, errors);
  for (const { name, dataType, dims } of file.inputs) {
    if (completed.input.some((tensor) => tensor.name === name)) continue;
    const shape = `(${dataType ?? 'unknown type'} ${dims ? show(dims) : 'of unknown shape'})`;
    errors.add(`the model file also needs the input "${name}" ${shape}, which the config leaves out`);
  }
  for (const side of ['input', 'output'] as const)
    for (const binding of bindings?.[`${side}s`] ?? []) {
      const flaw = bindingFlaw(side, binding, file[`${side}s`]);
      if (flaw) errors.add(flaw);
    }
  const warning = `The model file has a fixed batch of 1, so max_batch_size was set from ${config.max_batch_size} to 0 and the batch axis written into dims`;
  return { errors: [...errors], warnings: unbatched ? [warning] : [], completed };
}

type Side = 'input' | 'output';

function checkSide(
  side: Side,
  wanted: readonly TritonTensorConfig[],
  found: readonly FileTensor[],
  isBatched: boolean,
  errors: Set<string>,
): TritonTensorConfig[] {
  if (wanted.length === 0) return found.flatMap((tensor) => fromFile(tensor) ?? []);
  return wanted.map((tensor) => {
    const match = found.find(({ name }) => name === tensor.name);
    if (!match) errors.add(missingTensor(side, tensor.name, found));
    return match ? compared(tensor, match) : tensor;
  });

  /** A tensor that the config leaves out altogether. */
  function fromFile({ name, dataType, dims }: FileTensor): TritonTensorConfig | undefined {
    if (!dataType || !dims) {
      const what = dims ? 'type' : 'shape';
      errors.add(
        `the model file does not tell the ${what} of its ${side} "${name}"; write name, data_type and dims into the config`,
      );
      return undefined;
    }
    const own = withoutBatch(name, dims);
    // A scalar needs one axis for Triton.
    const shape = own?.length === 0 ? { dims: [1], reshape: { shape: [] } } : own && { dims: own };
    return shape && { name, data_type: dataType, ...shape };
  }

  function compared(tensor: TritonTensorConfig, { dataType, dims }: FileTensor): TritonTensorConfig {
    const what = `${side} "${tensor.name}"`;
    if (dataType && dataType !== tensor.data_type)
      errors.add(`${what} is ${tensor.data_type} in the config but ${dataType} in the model file; write ${dataType}`);
    const real = dims && withoutBatch(tensor.name, dims);
    if (!real) return tensor;
    const given = tensor.reshape?.shape ?? tensor.dims;
    const wrong = given.findIndex((size, axis) => size !== -1 && real[axis] !== -1 && size !== real[axis]);
    if (given.length !== real.length || wrong >= 0) {
      const note = isBatched ? ' without the batch axis' : ' with max_batch_size 0, so with the batch axis';
      const axis = given.length === real.length ? ` (axis ${wrong}: ${given[wrong]} against ${real[wrong]})` : '';
      errors.add(`${what} has dims ${show(given)} in the config, but ${show(real)}${note} in the model file${axis}`);
      return tensor;
    }
    if (tensor.reshape) return tensor;
    // Triton compares axes literally: a free axis in the config is refused where the file fixes it.
    return { ...tensor, dims: given.map((size, axis) => (size === -1 ? real[axis] : size)) };
  }

  /** The axes that a config writes; undefined where the file's first axis should be the batch and is not. */
  function withoutBatch(name: string, dims: readonly number[]): number[] | undefined {
    if (!isBatched) return [...dims];
    if (dims[0] === -1) return dims.slice(1);
    const fix = 'export the model with a free batch axis, or write "max_batch_size": 0 and dims with the batch axis';
    errors.add(
      `${side} "${name}" has the shape ${show(dims)} in the model file, whose first axis is not a free batch axis; ${fix}`,
    );
    return undefined;
  }
}

/** A batch of 1 that the export has fixed: Triton refuses batching then, so the axis becomes one of `dims`. */
function withFixedBatch(config: TritonModelConfig, file: ModelIo): TritonModelConfig | undefined {
  const dimsIn = (tensors: readonly FileTensor[], name: string) => tensors.find((tensor) => tensor.name === name)?.dims;
  const fixed = file.inputs.length > 0 && file.inputs.every(({ dims }) => dims?.[0] === 1);
  const lacksBatch = config.input.every(({ name, dims }) => {
    const found = dimsIn(file.inputs, name);
    return !found || found.length === dims.length + 1;
  });
  if (config.max_batch_size === 0 || !fixed || !lacksBatch) return undefined;
  const unbatched = {
    ...config,
    max_batch_size: 0,
    input: config.input.map((tensor) => ({ ...tensor, dims: [1, ...tensor.dims] })),
    output: config.output.map((tensor) => ({
      ...tensor,
      dims: [dimsIn(file.outputs, tensor.name)?.[0] ?? -1, ...tensor.dims],
    })),
  };
  // Dynamic batching needs a batch axis of Triton's own.
  delete unbatched.dynamic_batching;
  return unbatched;
}

function bindingFlaw(side: Side, { tensor, field }: TensorBinding, found: readonly FileTensor[]): string | undefined {
  if (found.some(({ name }) => name === tensor)) return undefined;
  if (found.length !== 1) return missingTensor(side, tensor, found);
  const only = found[0].name;
  return `the config binds the field "${field}" to the ${side} "${tensor}", but the only ${side} of the model file is "${only}"; write "${only}" in place of "${tensor}" (for Clara 3: "node_mapping": { "${only}": "${field}" })`;
}

function missingTensor(side: Side, name: string, found: readonly FileTensor[]): string {
  const names = found.map((tensor) => tensor.name);
  const list = `the ${side}${names.length > 1 ? 's' : ''} ${names.map((other) => `"${other}"`).join(', ')}`;
  const fix = names.length === 1 ? `; write "${names[0]}" in the config` : didYouMean(nearNames(name, names));
  return `the config names the ${side} "${name}", but the model file has ${names.length > 0 ? list : `no ${side}s`}${fix}`;
}

const show = (dims: readonly number[]) => `[${dims.join(', ')}]`;
