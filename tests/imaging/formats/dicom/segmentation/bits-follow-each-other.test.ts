import {
  occurrencesIn,
  packedBits,
  packedLength,
} from '../../../../../gateway/imaging/formats/dicom/segmentation/pixels';
import type { Planes } from '../../../../../gateway/imaging/formats/dicom/segmentation/planes';

/** `slices` planes of pseudo-random labels 0 … 3. */
function planesOf(rows: number, columns: number, slices: number): Planes {
  let state = rows * 41 + columns;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 16;
  const data = Uint8Array.from({ length: rows * columns * slices }, () => next() & 3);
  const source = { sopClass: '', sopInstance: '', position: [0, 0, 0] };
  const planes = Array.from({ length: slices }, (_, at) => ({ offset: at * rows * columns, source }));
  return { data, planes, rows, columns, columnStride: 1, rowStride: columns };
}

/** Every frame of labels 3 and 1 in this order, packed; and what each bit should be, found pixel by pixel. */
function check(mask: Planes): void {
  const occurrences = occurrencesIn(mask);
  const frames = [3, 1].flatMap((label) =>
    occurrences.flatMap((found, plane) => (found.has(label) ? [{ plane, label, rows: found.get(label)! }] : [])),
  );
  const pixels = mask.rows * mask.columns;
  const packed = Buffer.concat(Array.from(packedBits(mask, frames), (bytes) => Buffer.from(bytes)));
  const wrong: number[] = [];
  for (const [at, { plane, label }] of frames.entries())
    for (let pixel = 0; pixel < pixels; pixel++) {
      const bit = at * pixels + pixel;
      const found = (packed[bit >> 3] >> (bit & 7)) & 1;
      if (found !== Number(mask.data[plane * pixels + pixel] === label)) wrong.push(bit);
    }
  expect({ size: [mask.rows, mask.columns], length: packed.length, wrong }).toEqual({
    size: [mask.rows, mask.columns],
    length: packedLength(pixels, frames.length),
    wrong: [],
  });
  const spare = 8 * packed.length - pixels * frames.length;
  if (spare > 0) expect(packed[packed.length - 1] >> (8 - spare)).toBe(0);
}

test('frames of all sizes from 1 x 1 to 40 x 40 lie bit to bit', () => {
  for (let rows = 1; rows <= 40; rows++)
    for (let columns = 1; columns <= 40; columns++) check(planesOf(rows, columns, 3));
});

test('181 x 217 pixels, whose number leaves 5 bits in the last byte', () => check(planesOf(217, 181, 4)));

test('the lowest bit is the first pixel', () => {
  const mask = { ...planesOf(1, 3, 2), data: Uint8Array.of(1, 0, 0, 0, 1, 1) };
  const rows = { first: 0, last: 0 };
  const frames = [0, 1].map((plane) => ({ plane, label: 1, rows }));
  const packed = Array.from(packedBits(mask, frames), (bytes) => [...bytes]);
  expect(packed.flat()).toEqual([0b110001]);
}); // prettier-ignore
