import { sizeOf, spatialShape } from '../volume';
import type { NumericArray, Volume } from '../volume';
import { castInto } from './cast';
import { writableDatatypes } from './nifti/datatypes';
import type { NiftiDtype } from './nifti/datatypes';
import { channelsLast, packed } from './packed-voxels';
import { copyStrided } from '../ops/copy/blocks';

/** Voxels as ITK's formats store them: little endian, channels of a voxel together, then x, then y, then z. */
export interface WrittenArray {
  bytes: Buffer;
  /** Lengths of x, y and z; an image of two dimensions has one slice. */
  size: [number, number, number];
  channels: number;
}

/** Casts and packs a volume of any strides. Integers: fractions cut off, values beyond the type refused. */
export function writtenArray(volume: Volume, dtype: NiftiDtype): WrittenArray {
  const ordered = channelsLast(volume);
  const [x, y, z = 1] = spatialShape(ordered);
  const channels = ordered.axes.endsWith('C') ? ordered.shape[ordered.shape.length - 1] : 1;
  const source = channels === 1 ? packed(ordered) : channelsFastest(ordered);
  const target = new writableDatatypes[dtype].array(x * y * z * channels) as NumericArray;
  castInto(target, source.subarray(0, target.length) as NumericArray);
  return { bytes: Buffer.from(target.buffer, target.byteOffset, target.byteLength), size: [x, y, z], channels };
}

function channelsFastest({ data, shape, strides }: Volume): NumericArray {
  const last = shape.length - 1;
  const rotate = (list: readonly number[]) => [list[last], ...list.slice(0, last)];
  return sizeOf(shape) === 0 ? data : copyStrided(data, 0, rotate(shape), rotate(strides));
}
