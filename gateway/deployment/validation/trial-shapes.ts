import { datatypeOfConfig, isDatatype } from '../../triton/datatypes';
import type { TensorType } from '../../triton/tensor';
import type { TritonTensorConfig } from '../../triton/model-config';
import type { ModelSpec } from '../../model-spec';

/** Inputs for a first run of a model. */
export interface Trial {
  inputs: (TensorType & { name: string })[];
  /** True when jobs send just these shapes: a failure with them is the model's. Else free axes were filled with a guess. */
  certain: boolean;
}

/** For free axes that nothing in the config tells the length of: long enough for five halvings, small enough for a CPU. */
const GUESS = 64;

/**
 * Tensors in the shape that jobs send: fixed axes as they are, the batch as one, the free axes after them the lengths of the window. Undefined
 * where a tensor holds no numbers.
 */
export function trialOf({ triton, inference, pre }: ModelSpec): Trial | undefined {
  if (!triton) return undefined;
  const window = windowOf(inference.inferer, pre);
  const inputs: Trial['inputs'] = [];
  let certain = true;
  for (const input of triton.input) {
    const datatype = datatypeOfConfig(input.data_type);
    if (!isDatatype(datatype)) return undefined;
    const filled = fill(input, window, triton.max_batch_size);
    certain &&= filled.certain;
    inputs.push({ name: input.name, datatype, shape: filled.shape });
  }
  return inputs.length > 0 ? { inputs, certain } : undefined;
}

/** Lengths that the config gives the spatial axes at the end of the pre-transforms; undefined when images keep their own. */
function windowOf(inferer: ModelSpec['inference']['inferer'], pre: ModelSpec['pre']): number[] | undefined {
  if (inferer.kind === 'scanning-window') return inferer.roi.every((length) => length > 0) ? inferer.roi : undefined;
  const sizes = pre.map(({ args }) => args.spatial_size ?? args.target_shape).filter((size) => size !== undefined);
  const size = sizes.at(-1);
  return Array.isArray(size) && size.every((length) => typeof length === 'number' && length > 0) ? size : undefined;
}

function fill({ dims }: TritonTensorConfig, window: number[] | undefined, maxBatchSize: number) {
  const free = dims.flatMap((length, axis) => (length === -1 ? [axis] : []));
  const shape = [...dims];
  // A window may have an axis of length 1 that a 2-D model does not have.
  const readings = window ? [window, window.filter((length) => length !== 1)] : [];
  const spatial = readings.find((lengths) => lengths.length === free.length || (maxBatchSize === 0 && lengths.length + 1 === free.length && free[0] === 0)); // prettier-ignore
  const batchFirst = spatial ? spatial.length < free.length : maxBatchSize === 0 && free[0] === 0 && dims.length > 3;
  free.forEach((axis, at) => {
    if (batchFirst && at === 0) shape[axis] = 1;
    else shape[axis] = spatial ? spatial[at - (batchFirst ? 1 : 0)] : GUESS;
  });
  const onlyBatchIsFree = free.length === 0 || (batchFirst && free.length === 1);
  // Windows with an axis of length 1 may be sent without it: which way is decided by the image.
  const clear = spatial !== undefined && !spatial.includes(1);
  return { shape: maxBatchSize > 0 ? [1, ...shape] : shape, certain: onlyBatchIsFree || clear };
}
