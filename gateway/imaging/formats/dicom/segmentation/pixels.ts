import type { Planes } from './planes';

/** The mask holds something else than labels. */
export class NoLabelMap extends Error {}

/** Rows of one plane, first and last, in which a label occurs. */
interface Rows {
  first: number;
  last: number;
}

/** Where the labels of a mask are: for each plane its labels, for each label its rows there. The background, 0, is left out. */
export type Occurrences = Map<number, Rows>[];

/** The largest number of a segment, an unsigned short (0062,0004). */
const LARGEST_LABEL = 0xffff;

/** Goes through a mask once. @throws Error "a voxel is …" for a value that is not a label: a fraction, negative, or beyond {@link LARGEST_LABEL} */
export function occurrencesIn({ data, planes, rows, columns, columnStride, rowStride }: Planes): Occurrences {
  return planes.map(({ offset }) => {
    const found = new Map<number, Rows>();
    for (let row = 0; row < rows; row++) {
      let previous = 0;
      for (let column = 0, at = offset + row * rowStride; column < columns; column++, at += columnStride) {
        const value = data[at];
        if (value === previous) continue;
        previous = value;
        if (value === 0) continue;
        const known = found.get(value);
        if (known) known.last = row;
        else found.set(checked(value), { first: row, last: row });
      }
    }
    return found;
  });
}

function checked(value: number): number {
  if (Number.isInteger(value) && value > 0 && value <= LARGEST_LABEL) return value;
  throw new NoLabelMap(`a voxel is ${value}`);
}

export interface BinaryFrame {
  plane: number;
  label: number;
  rows: Rows;
}

/** Frames of one bit a pixel, lowest bit first, without gaps (PS3.5 8.1.1), zeros at the end; bytes are valid until the next are asked for. */
export function* packedBits(mask: Planes, frames: Iterable<BinaryFrame>): Generator<Uint8Array> {
  const { data, planes, rows, columns, columnStride, rowStride } = mask;
  const pixels = rows * columns;
  const bytes = new Uint8Array((pixels >> 3) + 2);
  let bit = 0;
  for (const { plane, label, rows: occupied } of frames) {
    const begin = bit;
    for (let row = occupied.first; row <= occupied.last; row++) {
      let at = planes[plane].offset + row * rowStride;
      const end = begin + (row + 1) * columns;
      for (let to = end - columns; to < end; to++, at += columnStride) {
        if (data[at] === label) bytes[to >> 3] |= 1 << (to & 7);
      }
    }
    const whole = (begin + pixels) >> 3;
    yield bytes.subarray(0, whole);
    const rest = bytes[whole];
    bytes.fill(0);
    bytes[0] = rest;
    bit = (begin + pixels) & 7;
  }
  if (bit > 0) yield bytes.subarray(0, 1);
}

/** Length of {@link packedBits} in bytes, without the byte that makes it even. */
export const packedLength = (pixels: number, frames: number) => Math.ceil((pixels * frames) / 8);

/** The label values of these planes, 8 or 16 bits each, little endian. The bytes are valid until the next ones are asked for. */
export function* labelValues(mask: Planes, planes: Iterable<number>, bits: 8 | 16): Generator<Uint8Array> {
  const { data, rows, columns, columnStride, rowStride } = mask;
  const values = bits === 8 ? new Uint8Array(rows * columns) : new Uint16Array(rows * columns);
  for (const plane of planes) {
    for (let row = 0, to = 0; row < rows; row++) {
      let at = mask.planes[plane].offset + row * rowStride;
      for (let column = 0; column < columns; column++, at += columnStride) values[to++] = data[at];
    }
    yield new Uint8Array(values.buffer);
  }
}
