import type { NumericArray } from '../volume';
import { addressOf } from '../../arena';
import type { Block } from './simd-code';

/** Rows of a plane of a volume where SIMD code can read them. */
export interface Rows {
  /** They stay where they lie in the volume. */
  inPlace: boolean;
  /** Elements from one row to the next. */
  step: number;
  /** Elements of a block that `rows` rows take. */
  room(rows: number): number;
  /**
   * The `rows` rows from element `at` of the volume on: where they lie, when that is in the memory of the SIMD code, else copied into the block, after
   * its element `from`.
   * @returns the address of the first voxel of the first row
   */
  place(at: number, rows: number, block: Block<NumericArray>, from?: number): number;
}

/** Most elements that {@link leadOf} asks for. */
export const LEAD = 7;

/**
 * Elements to leave free between element `from` of a block that begins with a word of 8 bytes and a copy of the elements of `data` from `at` on.
 * Memory that threads share is copied word by word when both sides lie alike in their words, else byte by byte, which takes six times as long.
 */
export function leadOf(data: NumericArray, at: number, from = 0): number {
  const size = data.BYTES_PER_ELEMENT;
  const apart = (data.byteOffset / size + at - from) % (8 / size);
  return apart < 0 ? apart + 8 / size : apart;
}

/** The next length at which elements lie in words of 8 bytes as they do after `like` elements. */
export function alike(length: number, like: number, size: number): number {
  const words = 8 / size;
  return length + ((((like - length) % words) + words) % words);
}

/**
 * @param length voxels of a row that are wanted, from its begin
 * @param stepX elements from one voxel of a row to the next, `stepY` from one row to the next; either may be negative
 */
export function rowsOf(data: NumericArray, length: number, stepX: number, stepY: number): Rows {
  const size = data.BYTES_PER_ELEMENT;
  const begin = addressOf(data);
  if (begin !== undefined) return { inPlace: true, step: stepY, room: () => 0, place: (at) => begin + at * size };
  const extent = (length - 1) * Math.abs(stepX) + 1;
  const before = Math.min(0, (length - 1) * stepX);
  // As they lie where they lie close together, else one after the other.
  if (Math.abs(stepY) < 2 * extent) {
    const reach = (rows: number) => (rows - 1) * Math.abs(stepY) + extent;
    return {
      inPlace: false,
      step: stepY,
      room: (rows) => reach(rows) + LEAD,
      place(at, rows, block, from = 0) {
        const low = before + Math.min(0, (rows - 1) * stepY);
        const to = from + leadOf(data, at + low, from);
        block.array.set(data.subarray(at + low, at + low + reach(rows)), to);
        return block.at + (to - low) * size;
      },
    };
  }
  return {
    inPlace: false,
    step: extent,
    room: (rows) => rows * extent,
    place(at, rows, block, from = 0) {
      for (let row = 0, first = at + before; row < rows; row++, first += stepY)
        block.array.set(data.subarray(first, first + extent), from + row * extent);
      return block.at + (from - before) * size;
    },
  };
}

/**
 * Lets SIMD code make rows that follow each other: where they belong in a volume, when that lies in its memory, else in a block, from which they are
 * copied.
 *
 * @param at element of the first voxel
 * @param steps elements from one voxel of a row to the next, and from one row to the next
 * @param block with room for `LEAD` elements more
 * @param make makes `length * count` voxels at an address, and nothing after them
 */
export function makeRows(
  out: NumericArray,
  at: number,
  [length, count]: readonly [number, number],
  [stepX, stepY]: readonly number[],
  block: Block<NumericArray>,
  make: (to: number) => void,
): void {
  const begin = addressOf(out);
  const together = stepX === 1 && (stepY === length || count === 1);
  if (begin !== undefined && together) return make(begin + at * out.BYTES_PER_ELEMENT);
  const lead = leadOf(out, at);
  make(block.at + lead * out.BYTES_PER_ELEMENT);
  const rows = block.array;
  if (together) return out.set(rows.subarray(lead, lead + length * count), at);
  for (let j = 0; j < count; j++) {
    const [from, to] = [lead + j * length, at + j * stepY];
    if (stepX === 1) out.set(rows.subarray(from, from + length), to);
    else for (let i = 0; i < length; i++) out[to + i * stepX] = rows[from + i];
  }
}
