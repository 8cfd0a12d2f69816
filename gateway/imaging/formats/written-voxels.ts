import { MOST_BYTES } from '../simd/deflate';
import { copyStrided } from '../ops/copy/blocks';
import { channelAxis, firstAxisFastest, reorderAxes, sizeOf, spatialShape } from '../volume';
import type { Axes, NumericArray, Volume } from '../volume';
import { arrayOf, bytesOf, castInto, voxelTypeOf, type VoxelType } from './value-types';

export interface EncodeOptions {
  /** Voxel type in the file. Integers: fractions cut off, values beyond the type refused. */
  dtype: VoxelType;
  /** With zlib or gzip. @default true */
  compress?: boolean;
}

/** The volume with its axes in the order X, Y[, Z][, C]; no data is copied. */
export function channelsLast(volume: Volume): Volume {
  const letters = [...volume.axes].filter((axis) => axis !== 'C').sort();
  return reorderAxes(volume, (letters.join('') + (channelAxis(volume) < 0 ? '' : 'C')) as Axes);
}

/** The voxels with the first axis fastest: the volume's own data when they lie so already. */
export function packed({ data, shape, strides }: Volume): NumericArray {
  const count = sizeOf(shape);
  const wanted = firstAxisFastest(shape);
  const inPlace = shape.every((length, d) => length === 1 || strides[d] === wanted[d]);
  if (inPlace && data.length === count) return data;
  return inPlace ? (data.subarray(0, count) as NumericArray) : copyStrided(data, 0, shape, strides);
}

/** The voxels as a file has them, little endian, some at a time: a piece may change when the next one is asked for. @throws ValueRangeError beyond the type */
export function* writtenPieces(voxels: NumericArray, dtype: VoxelType): Generator<Uint8Array> {
  const length = MOST_BYTES / bytesOf(dtype);
  const cast = voxelTypeOf(voxels) === dtype ? undefined : arrayOf(dtype, Math.min(length, voxels.length));
  for (let at = 0; at < voxels.length; at += length) {
    const part = voxels.subarray(at, at + length) as NumericArray;
    const { buffer, byteOffset, byteLength } = cast?.subarray(0, part.length) ?? part;
    if (cast) castInto(arrayOf(dtype, buffer, byteOffset, part.length), part);
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
}

/** Voxels as ITK's formats store them: little endian, channels together, then x, y, z (one slice of 2-D). @throws ValueRangeError beyond the type */
export function writtenVoxels(volume: Volume, dtype: VoxelType): { bytes: Buffer; size: number[]; channels: number } {
  const ordered = channelsLast(volume);
  const [x, y, z = 1] = spatialShape(ordered);
  const channels = ordered.axes.endsWith('C') ? ordered.shape[ordered.shape.length - 1] : 1;
  const { data, shape, strides } = ordered;
  const rotate = (list: readonly number[]) => [list[list.length - 1], ...list.slice(0, -1)];
  const inFileOrder = () => (sizeOf(shape) === 0 ? data : copyStrided(data, 0, rotate(shape), rotate(strides)));
  const source = channels === 1 ? packed(ordered) : inFileOrder();
  const target = arrayOf(dtype, x * y * z * channels);
  castInto(target, source.subarray(0, target.length) as NumericArray);
  return { bytes: Buffer.from(target.buffer, target.byteOffset, target.byteLength), size: [x, y, z], channels };
}
