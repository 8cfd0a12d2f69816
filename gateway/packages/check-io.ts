import type { TensorBinding } from '../model-spec';
import type { TritonModelConfig, TritonTensorConfig } from '../triton/model-config';
import { didYouMean, nearNames } from '../config/near-names';
import type { FileTensor, ModelIo } from './package-builder';

export interface TensorCheck {
  /** Sentences for the model's author; Triton would refuse to load the model, in its own words. */
  errors: string[];
  warnings: string[];
  /** The config with what the file adds: tensors left out, axes left free that the file fixes, the batch axis where it is fixed. */
  completed: TritonModelConfig;
}

interface Bindings {
  inputs: readonly TensorBinding[];
  outputs: readonly TensorBinding[];
}

/**
 * Compares the tensors of a config with those of the model file: names, types, ranks, fixed
 * axes. With `max_batch_size` above 0 the config's dims lack the batch axis, and the file's first axis must be free.
 * @param bindings the tensors that the rest of the config names (`node_mapping`, `tf`)
 */
export function checkTensors(config: TritonModelConfig, file: ModelIo, bindings?: Bindings): TensorCheck {
  const unbatched = withFixedBatch(config, file);
  const completed = unbatched ?? { ...config };
  const check: TensorCheck = { errors: [], warnings: [], completed };
  if (unbatched) {
    check.warnings.push(
      `The model file has a fixed batch of 1, so max_batch_size was set from ${config.max_batch_size} to 0 and the batch axis written into dims`,
    );
  }
  const batched = completed.max_batch_size > 0;
  completed.input = checkSide('input', completed.input, file.inputs, batched, check);
  completed.output = checkSide('output', completed.output, file.outputs, batched, check);
  for (const tensor of file.inputs) {
    if (completed.input.some(({ name }) => name === tensor.name)) continue;
    check.errors.push(
      `the model file also needs the input "${tensor.name}" ${showTensor(tensor)}, which the config leaves out`,
    );
  }
  if (bindings) {
    checkBindings('input', bindings.inputs, file.inputs, check.errors);
    checkBindings('output', bindings.outputs, file.outputs, check.errors);
  }
  check.errors = [...new Set(check.errors)];
  return check;
}

type Side = 'input' | 'output';

function checkSide(
  side: Side,
  wanted: readonly TritonTensorConfig[],
  found: readonly FileTensor[],
  batched: boolean,
  check: TensorCheck,
): TritonTensorConfig[] {
  if (wanted.length === 0) return found.flatMap((tensor) => fromFile(side, tensor, batched, check.errors) ?? []);
  return wanted.map((tensor) => {
    const match = found.find(({ name }) => name === tensor.name);
    if (match) return compare(side, tensor, match, batched, check);
    check.errors.push(missingTensor(side, tensor.name, found));
    return tensor;
  });
}

/** A tensor that the config leaves out altogether. */
function fromFile(
  side: Side,
  { name, dataType, dims }: FileTensor,
  batched: boolean,
  errors: string[],
): TritonTensorConfig | undefined {
  if (!dataType || !dims) {
    errors.push(
      `the model file does not tell the ${dims ? 'type' : 'shape'} of its ${side} "${name}"; write name, data_type and dims into the config`,
    );
    return undefined;
  }
  if (batched && !hasFreeBatch(side, name, dims, errors)) return undefined;
  const own = batched ? dims.slice(1) : dims;
  // A scalar needs one axis for Triton.
  return own.length > 0
    ? { name, data_type: dataType, dims: own }
    : { name, data_type: dataType, dims: [1], reshape: { shape: [] } };
}

function compare(
  side: Side,
  tensor: TritonTensorConfig,
  found: FileTensor,
  batched: boolean,
  { errors }: TensorCheck,
): TritonTensorConfig {
  const what = `${side} "${tensor.name}"`;
  if (found.dataType && found.dataType !== tensor.data_type) {
    errors.push(
      `${what} is ${tensor.data_type} in the config but ${found.dataType} in the model file; write ${found.dataType}`,
    );
  }
  if (!found.dims) return tensor;
  if (batched && !hasFreeBatch(side, tensor.name, found.dims, errors)) return tensor;
  const real = batched ? found.dims.slice(1) : found.dims;
  const given = tensor.reshape?.shape ?? tensor.dims;
  const batchNote = batched ? ' without the batch axis' : ' with max_batch_size 0, so with the batch axis';
  if (given.length !== real.length) {
    errors.push(`${what} has dims ${show(given)} in the config, but ${show(real)}${batchNote} in the model file`);
    return tensor;
  }
  const wrong = given.findIndex((size, axis) => size !== -1 && real[axis] !== -1 && size !== real[axis]);
  if (wrong >= 0) {
    errors.push(
      `${what} has dims ${show(given)} in the config, but ${show(real)}${batchNote} in the model file (axis ${wrong}: ${given[wrong]} against ${real[wrong]})`,
    );
    return tensor;
  }
  if (tensor.reshape) return tensor;
  // Triton compares axes literally: a free axis in the config is refused where the file fixes it.
  return { ...tensor, dims: given.map((size, axis) => (size === -1 ? real[axis] : size)) };
}

function hasFreeBatch(side: Side, name: string, dims: readonly number[], errors: string[]): boolean {
  if (dims[0] === -1) return true;
  const fix = 'export the model with a free batch axis, or write "max_batch_size": 0 and dims with the batch axis';
  errors.push(
    `${side} "${name}" has the shape ${show(dims)} in the model file, whose first axis is not a free batch axis; ${fix}`,
  );
  return false;
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

function checkBindings(
  side: Side,
  bindings: readonly TensorBinding[],
  found: readonly FileTensor[],
  errors: string[],
): void {
  for (const { tensor, field } of bindings) {
    if (found.some(({ name }) => name === tensor)) continue;
    if (found.length !== 1) {
      errors.push(missingTensor(side, tensor, found));
      continue;
    }
    const only = found[0].name;
    errors.push(
      `the config binds the field "${field}" to the ${side} "${tensor}", but the only ${side} of the model file is "${only}"; write "${only}" in place of "${tensor}" (for Clara 3: "node_mapping": { "${only}": "${field}" })`,
    );
  }
}

function missingTensor(side: Side, name: string, found: readonly FileTensor[]): string {
  const names = found.map((tensor) => tensor.name);
  const has =
    found.length === 0
      ? `no ${side}s`
      : `the ${side}${found.length > 1 ? 's' : ''} ${names.map((n) => `"${n}"`).join(', ')}`;
  const fix = found.length === 1 ? `; write "${names[0]}" in the config` : didYouMean(nearNames(name, names));
  return `the config names the ${side} "${name}", but the model file has ${has}${fix}`;
}

const show = (dims: readonly number[]) => `[${dims.join(', ')}]`;

const showTensor = ({ dataType, dims }: FileTensor) =>
  `(${dataType ?? 'unknown type'} ${dims ? show(dims) : 'of unknown shape'})`;
