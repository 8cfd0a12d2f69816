import type { TensorType } from '../../triton/tensor';
import type { ModelSpec } from '../../model-spec';

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
