import fc from 'fast-check';
import { decodeFrame } from '../../../../../gateway/imaging/formats/dicom/frames/decode-frame';
import type { PixelFormat } from '../../../../../gateway/imaging/formats/dicom/frames/frame';

const grey8: PixelFormat = {
  transferSyntax: '1.2.840.10008.1.2.5',
  rows: 1,
  columns: 2,
  samplesPerPixel: 1,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
  bitsAllocated: 8,
  bitsStored: 8,
  highBit: 7,
  signed: false,
};

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
          ...grey8, rows, columns, samplesPerPixel: samples, signed, bitsAllocated: bits, bitsStored: bits, highBit: bits - 1,
          photometricInterpretation: samples === 3 ? 'RGB' : 'MONOCHROME2',
        },
      }); // prettier-ignore
      expect(Buffer.from(values.buffer, values.byteOffset, values.byteLength).equals(pixels)).toBe(true);
    }),
    { numRuns: 100, seed: 14 },
  );
});

test.each([
  ['two segments for 8 bits', [2, 64, 68], [1, 7, 7, 0], '2 RLE segments; 1 were expected'],
  ['a segment beyond the end', [1, 70], [1, 7, 7, 0], 'RLE segment 1 reaches from byte 70 to 68 of 68'],
  ['a literal run cut off', [1, 64], [1, 7], 'truncated: RLE segment 1 ends after 0 of 2 pixels'],
  ['too few pixels', [1, 64], [0, 7], 'truncated: RLE segment 1 ends after 1 of 2 pixels'],
  ['too many pixels', [1, 64], [254, 7], 'RLE segment 1 has more than 2 pixels'],
])('%s is refused', async (_, header, data, message) => {
  const bytes = Buffer.alloc(64 + data.length);
  header.forEach((value, at) => bytes.writeUInt32LE(value, 4 * at));
  bytes.set(data, 64);
  const source = { bytes, ranges: [{ at: 0, length: bytes.length }], format: grey8 };
  await expect(decodeFrame(source)).rejects.toThrow(message);
});

describe('a frame of more pixels than its header says', () => {
  const frameOf = (codes: readonly number[]) => {
    const header = new Uint32Array(16);
    header.set([1, 64]);
    return Buffer.concat([Buffer.from(header.buffer), Buffer.from(codes)]);
  };
  const read = (codes: readonly number[]) => {
    const bytes = frameOf(codes);
    return decodeFrame({ bytes, ranges: [{ at: 0, length: bytes.length }], format: grey8 });
  };

  test.each([
    ['in further runs', [1, 7, 8, 1, 9, 10]],
    ['in one run', [3, 7, 8, 9, 10]],
    ['in runs of one value', [255, 7, 250, 8]],
  ])('is refused: %s', async (_, codes) => {
    await expect(read(codes)).rejects.toThrow('RLE segment 1 has more than 2 pixels');
  });

  test.each([
    ['nothing', [1, 7, 8]],
    ['a byte to an even length', [1, 7, 8, 0]],
    ['codes that do nothing', [1, 7, 8, 128, 128, 128]],
  ])('may be followed by %s', async (_, codes) => {
    expect([...(await read(codes)).values]).toEqual([7, 8]);
  });
});

test.each(['MONOCHROME', 'HSV', 'RGB'])('one sample per pixel is not "%s"', async (photometricInterpretation) => {
  const bytes = Buffer.alloc(70);
  const format = { ...grey8, photometricInterpretation };
  await expect(decodeFrame({ bytes, ranges: [{ at: 0, length: 70 }], format })).rejects.toThrow(
    `its Photometric Interpretation is "${photometricInterpretation}" with one sample per pixel`,
  );
});
