import type { NumericArray } from '../volume';

/** Copies rows of a plane out of a volume, as they lie where they lie close together, else one behind the other. */
export interface RowCopy {
  /** Elements from one copied row to the next. */
  step: number;
  /** Elements that `rows` rows take. */
  room(rows: number): number;
  /** Copies `rows` rows from element `at` on into a block, behind its element `from`. @returns where the first voxel of the first row lies there */
  copy(data: NumericArray, at: number, rows: number, into: NumericArray, from?: number): number;
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
export function rowCopy(length: number, stepX: number, stepY: number): RowCopy {
  const extent = (length - 1) * Math.abs(stepX) + 1;
  const before = Math.min(0, (length - 1) * stepX);
  if (Math.abs(stepY) < 2 * extent) {
    const reach = (rows: number) => (rows - 1) * Math.abs(stepY) + extent;
    return {
      step: stepY,
      room: (rows) => reach(rows) + LEAD,
      copy(data, at, rows, into, from = 0) {
        const low = before + Math.min(0, (rows - 1) * stepY);
        const to = from + leadOf(data, at + low, from);
        into.set(data.subarray(at + low, at + low + reach(rows)), to);
        return to - low;
      },
    };
  }
  return {
    step: extent,
    room: (rows) => rows * extent,
    copy(data, at, rows, into, from = 0) {
      for (let row = 0, first = at + before; row < rows; row++, first += stepY)
        into.set(data.subarray(first, first + extent), from + row * extent);
      return from - before;
    },
  };
}

/**
 * Puts rows that follow each other where they belong in a volume.
 *
 * @param rows begin with `leadOf(out, at)` elements that mean nothing
 * @param at element of the first voxel
 * @param steps elements from one voxel of a row to the next, and from one row to the next
 */
export function storeRows<T extends NumericArray>(
  rows: T,
  [length, count]: readonly [number, number],
  out: T,
  at: number,
  [stepX, stepY]: readonly number[],
): void {
  const lead = leadOf(out, at);
  if (stepX === 1 && (stepY === length || count === 1)) return out.set(rows.subarray(lead, lead + length * count), at);
  for (let j = 0; j < count; j++) {
    const [from, to] = [lead + j * length, at + j * stepY];
    if (stepX === 1) out.set(rows.subarray(from, from + length), to);
    else for (let i = 0; i < length; i++) out[to + i * stepX] = rows[from + i];
  }
}
