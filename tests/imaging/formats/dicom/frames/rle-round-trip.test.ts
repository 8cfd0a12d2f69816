import fc from 'fast-check';
import { decodeFrame } from '../../../../../gateway/imaging/formats/dicom/frames/decode-frame';

/** Packs a row as PS3.5 annex G.3.1 asks: runs of two and more, literal runs between them, at most 128 each. */
function pack(row: readonly number[]): number[] {
  const packed: number[] = [];
  for (let at = 0; at < row.length;) {
    let run = 1;
    while (run < 128 && row[at + run] === row[at]) run++;
    if (run > 1) {
      packed.push(257 - run, row[at]);
      at += run;
      continue;
    }
    let end = at + 1;
    while (end < row.length && end - at < 128 && row[end] !== row[end + 1]) end++;
    packed.push(end - at - 1, ...row.slice(at, end));
    at = end;
  }
  return packed;
}

test('any frame of any depth comes back from its RLE form', async () => {
  const shapes = fc.record({
    rows: fc.integer({ min: 1, max: 5 }),
    columns: fc.integer({ min: 1, max: 300 }),
    samples: fc.constantFrom(1, 3),
    width: fc.constantFrom(1, 2, 4),
    signed: fc.boolean(),
    seed: fc.nat(),
    levels: fc.constantFrom(1, 2, 7, 256),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ rows, columns, samples, width, signed, seed, levels }) => {
      let state = seed;
      const byte = () => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16) % levels;
      const pixels = Buffer.from(Array.from({ length: rows * columns * samples * width }, byte));
      const plane = (sample: number, at: number) =>
        Array.from({ length: rows * columns }, (_, pixel) => pixels[(pixel * samples + sample) * width + at]);
      const segments = Array.from({ length: samples * width }, (_, index) => {
        const bytes = plane(Math.floor(index / width), width - 1 - (index % width));
        const packed = Array.from({ length: rows }, (__, row) => pack(bytes.slice(row * columns, (row + 1) * columns))).flat();
        return packed.length % 2 ? [...packed, 0] : packed;
      }); // prettier-ignore
      const header = new Uint32Array(16);
      header[0] = segments.length;
      segments.reduce((at, segment, index) => ((header[index + 1] = at), at + segment.length), 64);
      const bytes = Buffer.concat([Buffer.from(header.buffer), Buffer.from(segments.flat())]);
      const bits = 8 * width;
      const { values } = await decodeFrame({
        bytes,
        ranges: [{ at: 0, length: bytes.length }],
        format: {
          transferSyntax: '1.2.840.10008.1.2.5', rows, columns, samplesPerPixel: samples, planarConfiguration: 0, signed,
          photometricInterpretation: samples === 3 ? 'RGB' : 'MONOCHROME2', bitsAllocated: bits, bitsStored: bits, highBit: bits - 1,
        },
      }); // prettier-ignore
      expect(Buffer.from(values.buffer, values.byteOffset, values.byteLength).equals(pixels)).toBe(true);
    }),
    { numRuns: 100, seed: 14 },
  );
});
