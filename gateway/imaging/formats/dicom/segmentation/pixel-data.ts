import type { Rows } from './occurrences';
import type { Planes } from './planes';

/** A frame of a binary object: the pixels of one label in one plane. */
export interface BinaryFrame {
  plane: number;
  label: number;
  rows: Rows;
}

/**
 * Frames of one bit a pixel, each directly after the last bit of the one before it, the first pixel in the lowest bit; yielded in whole bytes, zeros fill
 * the last one. The bytes are valid until the next ones are asked for.
 *
 * @see DICOM PS3.5 8.1.1 and annex D
 */
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
