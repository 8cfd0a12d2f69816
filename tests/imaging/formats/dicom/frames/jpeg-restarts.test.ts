import { decodeJpegLossless } from '../../../../../gateway/imaging/formats/dicom/frames/jpeg-lossless';
import type { PixelFormat } from '../../../../../gateway/imaging/formats/dicom/frames/frame';

const format: PixelFormat = {
  transferSyntax: '1.2.840.10008.1.2.4.57',
  rows: 2,
  columns: 2,
  samplesPerPixel: 1,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
  bitsAllocated: 8,
  bitsStored: 8,
  highBit: 7,
  signed: false,
};

const segment = (marker: number, ...bytes: number[]) => [0xff, marker, 0, bytes.length + 2, ...bytes];
/** Codes 0, 10 and 110 for differences of 0, 1 and 2 bits. */
const table = segment(0xc4, 0, 1, 1, 1, ...Array(13).fill(0), 0, 1, 2);

/** Two rows of two pixels, with these bits (T.81 annex H). */
const file = (data: number[], { interval = 0, predictor = 1, shift = 0 }) =>
  Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xc3, 8, 0, 2, 0, 2, 1, 1, 0x11, 0),
    ...table,
    ...(interval ? segment(0xdd, 0, interval) : []),
    ...segment(0xda, 1, 1, 0, predictor, 0, shift),
    ...data,
    ...[0xff, 0xd9],
  ]);

// Differences of +1 (10 1), 0 (0), -1 (10 0) and +3 (110 11).
const [rowOf1And0, rowOfMinus1And3] = [0b10101111, 0b10011011];

test('without restarts the second row is predicted from the first', () => {
  const bits = 0b101010011011;
  const data = [bits >> 4, ((bits & 15) << 4) | 15];
  expect([...decodeJpegLossless(file(data, {}), format)]).toEqual([129, 129, 128, 131]);
});

test('after a restart a row begins in the middle of the range again', () => {
  const data = [rowOf1And0, 0xff, 0xd0, rowOfMinus1And3];
  expect([...decodeJpegLossless(file(data, { interval: 2 }), format)]).toEqual([129, 129, 127, 130]);
});

test('a point transform shifts samples up', () => {
  const data = [rowOf1And0, 0xff, 0xd0, rowOfMinus1And3];
  expect([...decodeJpegLossless(file(data, { interval: 2, shift: 1 }), format)]).toEqual([130, 130, 126, 132]);
});

test.each([
  ['another restart marker', [rowOf1And0, 0xff, 0xd1, rowOfMinus1And3], { interval: 2 }, 'restart marker 0'],
  ['no restart marker', [rowOf1And0, rowOfMinus1And3], { interval: 2 }, 'restart marker 0'],
  ['an interval within a row', [rowOf1And0], { interval: 3 }, 'interval of 3 is not a number of whole rows'],
  ['data that ends early', [0b11011110], {}, 'ends early'],
  ['an unknown code', [0b11101111, 0xff, 0x00], {}, 'a code that its Huffman table has not'],
  ['predictor 0', [rowOf1And0, 0], { predictor: 0 }, 'no predictor 0'],
])('%s is refused', (_, data, options, message) => {
  expect(() => decodeJpegLossless(file(data, options), format)).toThrow(message);
});
