import { allocateUnset } from '../../arena';
import { countNotFinite } from '../ops/intensity/not-finite';
import type { Volume } from '../volume';
import { CHUNK, writeRealValues } from './decoded-image';
import type { DecodedImage } from './decoded-image';
import { bytesOf, valuesIn } from './value-types';
import type { ValueType } from './value-types';
import { readVoxels } from './voxel-source';
import type { VoxelSource } from './voxel-source';

/** All that a header tells: the volume without its voxels, and where these lie. Nothing is allocated for a plan, and its sizes are checked. */
export interface ImagePlan {
  format: string;
  volume: Omit<Volume, 'data'>;
  type: ValueType;
  littleEndian: boolean;
  /** Bytes of all voxels. */
  bytes: number;
  slope: number;
  intercept: number;
  source: VoxelSource;
  /** What the user should know about how the header was read. */
  warnings: readonly string[];
}

/** An image in real values, and what the user should know about how its file was read. */
export interface RealImage {
  volume: Volume<Float32Array>;
  warnings: readonly string[];
}

/**
 * Reads the voxels in one pass straight into their final (shared) array, where they are swapped when the file has the other byte order. 64-bit
 * integers become float64.
 *
 * @throws ImageError for voxels that are damaged or too few, and for integers beyond 2^53
 */
export async function readPlanned(plan: ImagePlan): Promise<DecodedImage> {
  const { format, source, type, bytes, slope, intercept } = plan;
  const storage = allocateUnset(Uint8Array, bytes);
  let filled = 0;
  const trailing = await readVoxels(source, bytes, type, (piece) => {
    storage.set(piece, filled);
    filled += piece.length;
  });
  const data = valuesIn(storage, type, isLittleEndian(plan), source.name);
  return { format, volume: { ...plan.volume, data }, slope, intercept, warnings: warningsOf(plan, trailing) };
}

/**
 * `toFloat32(await readPlanned(plan))` without the array between them, and how many voxels of it are NaN or infinite: pieces are converted while
 * zlib's thread inflates the next ones.
 * @throws ImageError as {@link readPlanned}
 */
export async function readPlannedAsFloat32(plan: ImagePlan): Promise<RealImage & { notFinite: number }> {
  const { source, type, bytes, slope, intercept } = plan;
  const data = allocateUnset(Float32Array, bytes / bytesOf(type));
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
function isLittleEndian({ littleEndian, source }: ImagePlan): boolean {
  return littleEndian || source.encoding === 'ascii';
}

function warningsOf({ warnings, source }: ImagePlan, trailing: number): readonly string[] {
  if (trailing === 0) return warnings;
  return [...warnings, `"${source.name}" holds ${trailing} or more bytes after its last voxel; they are left out`];
}
