import { allocateUnset } from '../../arena';
import { announceImage } from './announced-image';
import { countNotFinite } from '../ops/intensity/measures';
import { firstAxisFastest, type Affine, type Axes, type Volume } from '../volume';
import type { DecodedImage, RealImage } from './decoded-image';
import { CHUNK, writeRealValues } from './real-values';
import { bytesOf, valuesIn, type ValueType } from './value-types';
import { readVoxels, type VoxelSource } from './voxel-source';
import { say, type Sentence } from '../../sentence';

/** All that a header tells: the volume without its voxels, and where these lie. Nothing is allocated for a plan, and its sizes are checked. */
export interface ImagePlan {
  format: string;
  volume: Omit<Volume, 'data'>;
  type: ValueType;
  littleEndian: boolean;
  bytes: number;
  slope: number;
  intercept: number;
  source: VoxelSource;
  warnings: readonly Sentence[];
}

/** The axes of a file, by place: the fastest one has place 0. */
export interface FileAxes {
  sizes: readonly number[];
  /** Two or three axes of space, X first. */
  spatial: readonly number[];
  /** The axis of channels, wherever it lies; undefined when there is none. */
  channel?: number;
  /** Channels that are kept, the first ones. @default all */
  kept?: number;
}

/** A volume `XY`, `XYZ`, `XYC` or `XYZC`, without its voxels: its elements stay where the file has them. @param name of the file */
export function volumeOf(file: FileAxes, name: string, affine?: Affine, header?: unknown): Omit<Volume, 'data'> {
  const { sizes, spatial, channel, kept } = file;
  const strides = firstAxisFastest(sizes);
  const order = channel === undefined ? spatial : [...spatial, channel];
  const shape = order.map((d) => sizes[d]);
  if (kept !== undefined) shape[spatial.length] = kept;
  return {
    shape,
    strides: order.map((d) => strides[d]),
    axes: ('XYZ'.slice(0, spatial.length) + (channel === undefined ? '' : 'C')) as Axes,
    affine,
    properties: {
      originalAffine: affine,
      filename: name,
      originalChannelDim: channel === undefined ? 'no_channel' : spatial.length,
      ...(header === undefined ? {} : { header }),
    },
  };
}

/** Reads voxels straight into their final (shared) array; 64-bit integers become float64. @throws ImageError for damage, and integers beyond 2^53 */
export async function readPlanned(plan: ImagePlan): Promise<DecodedImage> {
  const { format, source, type, bytes, slope, intercept } = plan;
  await announceImage({ volume: plan.volume, bytes });
  const storage = allocateUnset(Uint8Array, bytes);
  let filled = 0;
  const trailing = await readVoxels(source, bytes, type, (piece) => {
    storage.set(piece, filled);
    filled += piece.length;
  });
  const data = valuesIn(storage, type, isLittleEndian(plan), source.name);
  return { format, volume: { ...plan.volume, data }, slope, intercept, warnings: warningsOf(plan, trailing) };
}

/** `toFloat32(await readPlanned(plan))` without the array between, counting what is not finite; pieces are converted while zlib's thread inflates. */
export async function readPlannedAsFloat32(plan: ImagePlan): Promise<RealImage & { notFinite: number }> {
  const { source, type, bytes, slope, intercept } = plan;
  const voxels = bytes / bytesOf(type);
  await announceImage({ volume: plan.volume, bytes: voxels * Float32Array.BYTES_PER_ELEMENT });
  const data = allocateUnset(Float32Array, voxels);
  const stage = new Uint8Array(CHUNK * bytesOf(type));
  let staged = 0;
  let done = 0;
  let notFinite = 0;
  const convert = () => {
    const values = valuesIn(stage.subarray(0, staged), type, isLittleEndian(plan), source.name);
    writeRealValues(values, slope, intercept, data, done);
    // While they lie in the cache.
    notFinite += countNotFinite(data.subarray(done, done + values.length));
    done += values.length;
    staged = 0;
  };
  const trailing = await readVoxels(source, bytes, type, (piece) => {
    for (let used = 0; used < piece.length;) {
      const part = piece.subarray(used, used + stage.length - staged);
      stage.set(part, staged);
      staged += part.length;
      used += part.length;
      if (staged === stage.length) convert();
    }
  });
  convert();
  return { volume: { ...plan.volume, data }, warnings: warningsOf(plan, trailing), notFinite };
}

/** Numbers in digits arrive little endian whatever the header says. */
const isLittleEndian = ({ littleEndian, source }: ImagePlan) => littleEndian || source.encoding === 'ascii';

export const warningsOf = ({ warnings, source }: ImagePlan, trailing: number) =>
  trailing === 0 ? warnings : [...warnings, leftOut(source.name, trailing)];

export const leftOut = (name: string, trailing: number) =>
  say`"${name}" holds ${trailing} or more bytes after its last voxel; they are left out`;
