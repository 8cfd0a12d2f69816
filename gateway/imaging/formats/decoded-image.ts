import { allocateUnset } from '../../arena';
import type { NumericArray, Volume } from '../volume';

/** A file as it was decoded, before any transform. */
export interface DecodedImage {
  /** `nifti`, `png`, `jpeg`, `nrrd`, `mha`, `dicom`, or the name of the ITK reader that took it. */
  format: string;
  /** Raw voxel type, file order (x fastest); geometry in `affine` and `properties.originalAffine`. */
  volume: Volume;
  /** Real value = voxel * slope + intercept; 1 and 0 when the file has no scaling. */
  slope: number;
  intercept: number;
  /** What the user should know about how the file was read, one sentence each. @default none */
  warnings?: readonly string[];
}

/** Voxels converted at a time. */
export const CHUNK = 1 << 14;
const values = new Float64Array(CHUNK);

/**
 * The image in real values: `voxel * slope + intercept` in float64, rounded once to float32 (nibabel's `get_fdata(dtype=float32)`).
 * Same strides; a float32 image without scaling is returned as it is, without a copy.
 */
export function toFloat32({ volume, slope, intercept }: DecodedImage): Volume<Float32Array> {
  const { data } = volume;
  if (slope === 1 && intercept === 0) {
    if (data instanceof Float32Array) return { ...volume, data };
    const plain = allocateUnset(Float32Array, data.length);
    plain.set(data);
    return { ...volume, data: plain };
  }
  return { ...volume, data: scaled(data, slope, intercept) };
}

function scaled(data: NumericArray, slope: number, intercept: number): Float32Array {
  const out = allocateUnset(Float32Array, data.length);
  for (let start = 0; start < data.length; start += CHUNK) {
    const part = data.subarray(start, start + CHUNK) as NumericArray;
    writeRealValues(part, slope, intercept, out, start);
  }
  return out;
}

/**
 * Writes `voxel * slope + intercept` of up to {@link CHUNK} voxels to `out` from `at` on, rounded as {@link toFloat32} says. Goes through a
 * small float64 buffer: the engine converts any voxel type, and the loop sees one type only.
 */
export function writeRealValues(
  voxels: NumericArray,
  slope: number,
  intercept: number,
  out: Float32Array,
  at: number,
): void {
  if (slope === 1 && intercept === 0) return out.set(voxels, at);
  values.set(voxels);
  scaleChunk(values, out, at, voxels.length, slope, intercept);
}

/** A function of its own: the optimiser makes this more than twice as fast as the same loop inside its caller. */
function scaleChunk(
  from: Float64Array,
  out: Float32Array,
  start: number,
  count: number,
  slope: number,
  intercept: number,
): void {
  for (let i = 0; i < count; i++) out[start + i] = from[i] * slope + intercept;
}
