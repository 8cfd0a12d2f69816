import fc from 'fast-check';
import { decodeFrame } from '../../../../../gateway/imaging/formats/dicom/frames/decode-frame';
import { decodeInto } from '../../../../../gateway/imaging/formats/dicom/frames/decode-into';
import type { PixelFormat } from '../../../../../gateway/imaging/formats/dicom/frames/frame';

const grey: PixelFormat = {
  transferSyntax: '1.2.840.10008.1.2.1',
  rows: 1,
  columns: 2,
  samplesPerPixel: 1,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
  bitsAllocated: 16,
  bitsStored: 12,
  highBit: 11,
  signed: true,
};

const valuesOf = async (bytes: number[], format: Partial<PixelFormat>, bitOffset = 0) => {
  const ranges = [{ at: 0, length: bytes.length }];
  const source = { bytes: Uint8Array.from(bytes), ranges, bitOffset, format: { ...grey, ...format } };
  return [...(await decodeFrame(source)).values];
};

test.each<[string, number[], Partial<PixelFormat>, number[]]>([
  ['12 of 16 bits, signed: the sign is extended', [0xff, 0x0f, 0x01, 0x00], {}, [-1, 1]],
  ['12 of 16 bits: overlay bits above are cleared', [0xff, 0xff, 0x01, 0x50], { signed: false }, [4095, 1]],
  ['12 of 16 bits, High Bit 15', [0xf0, 0xff, 0x1f, 0x00], { highBit: 15 }, [-1, 1]],
  ['16 bits big endian', [0xff, 0xfe, 0x00, 0x01], { bitsStored: 16, highBit: 15, transferSyntax: '1.2.840.10008.1.2.2' }, [-2, 1]],
  ['8 bits in big endian words', [7, 5], { bitsAllocated: 8, bitsStored: 8, highBit: 7, pixelVr: 'OW', transferSyntax: '1.2.840.10008.1.2.2' }, [5, 7]],
  ['8 bits, odd length, padded', [1, 254, 255, 0], { bitsAllocated: 8, bitsStored: 8, highBit: 7, columns: 3 }, [1, -2, -1]],
  ['32 bits unsigned', [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0], { bitsAllocated: 32, bitsStored: 32, highBit: 31, signed: false }, [4294967295, 1]],
  ['24 of 32 bits unsigned', [1, 0, 0x80, 0x77, 1, 0, 0, 0], { bitsAllocated: 32, bitsStored: 24, highBit: 23, signed: false }, [0x800001, 1]],
  ['float', [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], { bitsAllocated: 32, bitsStored: 32, highBit: 31, float: true }, [1, -2]],
])('%s', async (_, bytes, format, values) => {
  expect(await valuesOf(bytes, format)).toEqual(values);
}); // prettier-ignore

test('packed bits of a frame that begins within a byte', async () => {
  const format = { bitsAllocated: 1, bitsStored: 1, highBit: 0, signed: false, columns: 7 };
  expect(await valuesOf([0b10010000, 0b00000110], format, 4)).toEqual([1, 0, 0, 1, 0, 1, 1]);
});

test.each([
  [3, 'its pixel data is truncated: 1 rows × 2 columns × 1 samples of 16 bits are 4 bytes, and there are 3'],
  [5, 'its pixel data does not have the length of its header: 1 rows × 2 columns × 1 samples of 16 bits are 4 bytes, and there are 5'],
])('%d bytes for two pixels of 16 bits are refused', async (length, message) => {
  await expect(valuesOf(Array(length).fill(0), {})).rejects.toThrow(message);
}); // prettier-ignore

test.each([
  ['1.2.840.10008.1.2.4.107', 'the transfer syntax "HEVC/H.265 Main Profile / Level 5.1" (1.2.840.10008.1.2.4.107) is not read'],
  ['1.2.3', 'the unknown transfer syntax "1.2.3" is not read'],
])('transfer syntax %s is named', async (transferSyntax, message) => {
  await expect(valuesOf([0, 0, 0, 0], { transferSyntax })).rejects.toThrow(message);
}); // prettier-ignore

test('every value of any Bits Stored and High Bit comes back', async () => {
  const fields = fc.record({ bits: fc.constantFrom(8, 16, 32), stored: fc.nat(31), up: fc.nat(31), signed: fc.boolean(), raw: fc.nat(0xffffffff), junk: fc.nat(0xffffffff) }); // prettier-ignore
  await fc.assert(
    fc.asyncProperty(fields, async ({ bits, stored, up, signed, raw, junk }) => {
      const bitsStored = (stored % bits) + 1;
      const shift = up % (bits - bitsStored + 1);
      const mask = 2n ** BigInt(bitsStored) - 1n;
      const value = BigInt(raw) & mask;
      const word = (BigInt(junk) & ~(mask << BigInt(shift))) | (value << BigInt(shift));
      const bytes = Array.from({ length: bits / 8 }, (_, at) => Number((word >> BigInt(8 * at)) & 255n));
      const format = { columns: 1, bitsAllocated: bits, bitsStored, highBit: shift + bitsStored - 1, signed };
      const expected = signed ? BigInt.asIntN(bitsStored, value) : value;
      expect(await valuesOf(bytes, format)).toEqual([Number(expected)]);
    }),
    { numRuns: 300, seed: 14 },
  );
});

test('each frame is rescaled by its own numbers or table, and the first bad one is named', async () => {
  const bytes = Uint8Array.of(1, 0, 2, 0);
  const source = { bytes, ranges: [{ at: 0, length: 4 }], format: grey };
  const target = new Float32Array(6);
  await decodeInto(
    [
      { source, at: 4, meaning: { slope: 0.5, intercept: -1024 } },
      { source, at: 0 },
      { source, at: 2, meaning: { first: 1, table: [7.5, 9, 11] } },
    ],
    target,
  );
  expect([...target]).toEqual([1, 2, 7.5, 9, -1023.5, -1023]);
  const short = { ...source, ranges: [{ at: 2, length: 4 }] };
  const failure = decodeInto([{ source, at: 0 }, { source: short, at: 2 }, { source: short, at: 4 }], target); // prettier-ignore
  await expect(failure).rejects.toMatchObject({ index: 1, kind: 'unreadable' });
});
