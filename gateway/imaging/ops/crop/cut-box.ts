import { lastAxisFastest, sizeOf, type Affine, type NumericArray, type Volume } from '../../volume';
import { allocateUnset } from '../../../arena';
import { gather, type Padding } from '../resample/gather';

/**
 * A box of a volume: cropped where it lies inside, padded where it reaches beyond. The affine moves along, so that every voxel stays where
 * it is in the world.
 *
 * @param start first index per axis of the volume, channel axis included; may be negative or beyond the volume
 * @param size length per axis
 * @returns last axis fastest; the volume itself when the box is all of it
 */
export function cutBox(
  volume: Volume,
  start: readonly number[],
  size: readonly number[],
  padding: Padding = { mode: 'constant' },
): Volume {
  if (start.every((first, d) => first === 0 && size[d] === volume.shape[d])) return volume;
  const data = allocateUnset(
    volume.data.constructor as Parameters<typeof allocateUnset<NumericArray>>[0],
    sizeOf(size),
  );
  gather(volume, start, size, data, 0, padding);
  const shift = [...'XYZ'].map((letter) => start[volume.axes.indexOf(letter)] ?? 0);
  const affine = volume.affine && shiftedAffine(volume.affine, shift);
  return { ...volume, data, shape: [...size], strides: lastAxisFastest(size), affine };
}

/** The affine of a grid whose voxel 0 is voxel `shift` (X, Y, Z) of the old one. */
function shiftedAffine(affine: Affine, [x, y, z]: readonly number[]): Affine {
  return affine.map((value, i) =>
    i % 4 === 3 && i < 12 ? affine[i - 3] * x + affine[i - 2] * y + affine[i - 1] * z + value : value,
  );
}
