import type { ModelSpec } from '../../model-spec';
import type { Tensor, TensorType } from '../../triton/tensor';

type Named = TensorType & { name: string };

/** Models whose answer is a mask. */
const masks: readonly ModelSpec['type'][] = ['segmentation', 'annotation', 'deepgrow'];

/**
 * Finds outputs from which no mask can be made, such as the flat list of numbers at the end of a classifier: each call would fail. A mask has the
 * spatial axes of the input, with a channel axis or without; where windows are put together, in their lengths too.
 * @param input shape of the tensor that went in
 */
export function checkOutputShape(
  { type, writer, inference: { inferer } }: ModelSpec,
  input: readonly number[],
  outputs: readonly Named[],
): string[] {
  if (!masks.includes(type) || /Classification/.test(writer.name)) return [];
  const fits = ({ shape }: Named) =>
    inferer.kind === 'scanning-window' ? isImageLike(shape, input) : shape.length >= input.length - 1;
  return outputs
    .filter((output) => !fits(output))
    .map(
      ({ name, shape }) =>
        `"${name}" has the shape [${shape.join(', ')}] for an input of [${input.join(', ')}], and a mask needs numbers for each voxel: name the output before it is flattened, or write "type": "classification" and a ClassificationWriter`,
    );
}

/** The same axes but for one, that of the channels, which may be missing. */
function isImageLike(shape: readonly number[], input: readonly number[]): boolean {
  if (shape.length !== input.length && shape.length !== input.length - 1) return false;
  return input.some((_, channel) => {
    const rest = input.toSpliced(channel, 1);
    const own = shape.length === input.length ? shape.toSpliced(channel, 1) : shape;
    return own.every((length, axis) => length === rest[axis]);
  }) || (shape.length === input.length && isMoved(shape, input)); // prettier-ignore
}

/** Channels go in first and come out last, or the other way round. */
function isMoved(shape: readonly number[], input: readonly number[]): boolean {
  const same = (a: readonly number[], b: readonly number[]) => a.every((length, axis) => length === b[axis]);
  return same(shape.slice(1, -1), input.slice(2)) || same(shape.slice(2), input.slice(1, -1));
}

/** Keys that clients need to find in the model's entry. */
export function checkInfo({ type, info, labels }: ModelSpec): string[] {
  const warnings: string[] = [];
  const kind = String(info.deepgrow ?? '').toUpperCase();
  if (type === 'deepgrow' && kind !== '2D' && kind !== '3D')
    warnings.push(`Clients take this deepgrow model for a 2-D one; say which it is: "meta_data": {"deepgrow": "2D"} or "3D" in "inference" ("additional_info" in version 3)`); // prettier-ignore
  if ((type === 'segmentation' || type === 'annotation') && labels.length === 0)
    warnings.push(
      `"labels" is empty: Slicer, OHIF and MITK make their segments from it; name what the values 1, 2, … of the mask mean`,
    );
  return warnings;
}

/**
 * Compares the channels a model gives with the labels of its config: one per label, one more for the background, or a single one.
 * @param input shape of the tensor that went in
 */
export function checkLabels(
  { type, labels, inference }: ModelSpec,
  input: readonly number[],
  outputs: readonly Named[],
): string[] {
  const [output] = outputs;
  // nnU-Net's labels come with its network, which has heads for each fold.
  if (!output || labels.length === 0 || /^nnunet/.test(inference.inferer.kind)) return [];
  const channels = type === 'classification' ? output.shape.at(-1) : channelsOf(output.shape, input);
  if (channels === undefined || channels === labels.length || channels === labels.length + 1 || channels === 1)
    return [];
  const what = labels.length === 1 ? '1 label' : `${labels.length} labels`;
  return [
    `"labels" has ${what}, but "${output.name}" has ${channels} channels; expected ${labels.length}, or ${labels.length + 1} with the background`,
  ];
}

/** The length of the channel axis: right after the batch, or the last. Undefined where neither fits. */
function channelsOf(output: readonly number[], input: readonly number[]): number | undefined {
  if (output.length !== input.length) return undefined;
  const sameBut = (axis: number) => output.every((length, at) => at === axis || length === input[at]);
  const places = [1, 0, output.length - 1].filter((axis) => axis < output.length && sameBut(axis));
  return places.length > 0 ? output[places[0]] : undefined;
}

/** Of the largest value. GPUs add up in any order, which shows in the last digits; random numbers show in the first. */
const TOLERANCE = 1e-2;

/** Compares the answers to the same input: a network in training mode (dropout, noise) gives another one each time. */
export function compareAnswers(first: readonly Tensor[], second: readonly Tensor[]): string[] {
  const others = new Map(second.map((tensor) => [tensor.name, tensor]));
  return first.flatMap(({ name, data }) => {
    const other = others.get(name)?.data;
    const distance = other?.length === data.length ? furthest(data, other) : Infinity;
    if (distance <= TOLERANCE) return [];
    return `Two trial runs on the same input gave different answers in "${name}": the network draws random numbers, so masks differ from call to call. Was it exported in training mode? Call model.eval() before the export`;
  });
}

/** Largest difference as a part of the largest value; what is NaN or infinite in both is equal. */
function furthest(a: Tensor['data'], b: Tensor['data']): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [Number(a[i]), Number(b[i])];
    if (Object.is(x, y)) continue;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return Infinity;
    difference = Math.max(difference, Math.abs(x - y));
    largest = Math.max(largest, Math.abs(x), Math.abs(y));
  }
  return difference === 0 ? 0 : difference / largest;
}
