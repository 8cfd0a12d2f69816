import { addressOf } from '../../arena';
import { simdCode } from './simd-code';

/** How voxels lie in a file, in bytes. */
export interface Grain {
  voxel: number;
  /** Of them along the first axis. */
  row: number;
}

/** Most bytes that are deflated at a time. */
export const MOST_BYTES = 1 << 20;
const TOKENS = 1 << 15;
/** How far back a stream of deflate looks. */
const FARTHEST = 1 << 15;
/** Bytes of a place that is looked at to learn whether there are runs, and how many such places. */
const SAMPLE = 512;
const SAMPLES = 8;

/**
 * Deflates voxels that come in runs, about as fast as memory is read.
 * @param bytes {@link MOST_BYTES} at the most
 * @returns whole blocks that end at a byte and refer to nothing before them, none of them the last; undefined where few voxels are those beside them
 */
export function deflateRuns(bytes: Uint8Array, { voxel, row }: Grain): Buffer | undefined {
  if (voxel > FARTHEST) return undefined;
  const place = addressOf(bytes);
  const { code, blocks } = simdCode({
    bytes: [Uint8Array, place === undefined ? bytes.length : 0],
    tokens: [Uint16Array, TOKENS],
    out: [Uint8Array, 2 * bytes.length + 1024 * (Math.ceil(bytes.length / TOKENS) + 1)],
  });
  if (place === undefined) blocks.bytes.array.set(bytes);
  const from = place ?? blocks.bytes.at;
  // Distances of one number would share its code.
  const distances = [voxel, row > 2 * voxel && row <= FARTHEST ? row : voxel];
  const step = Math.max(SAMPLE, Math.floor(bytes.length / SAMPLES));
  const seen = Math.min(bytes.length, SAMPLE * Math.ceil(bytes.length / step));
  // A bit for each voxel: what takes more has other patterns, which zlib finds.
  const bits = code.estimateBits(from, bytes.length, ...distances, blocks.tokens.at, SAMPLE, step);
  if (bits * voxel > seen) return undefined;
  const end = code.deflateRuns(from, bytes.length, ...distances, blocks.tokens.at, blocks.out.at);
  // An address is a number of 32 bits without a sign.
  return Buffer.from(blocks.out.array.subarray(0, (end >>> 0) - blocks.out.at));
}
