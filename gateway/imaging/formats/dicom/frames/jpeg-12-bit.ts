import { unsupported } from '../../../image-error';
import { damaged } from './codestream';
import { JpegBits, scansOf, type HuffmanTable, type Scan } from './jpeg-huffman';
import type { JpegStructure, Segment } from './jpeg-markers';
import { say } from '../../../../sentence';

const DQT = 0xdb;
/** Position in a block, row by row, of each coefficient in the order they are written (T.81 figure A.6). */
const zigzag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
]; // prettier-ignore

/** `cosines[8 * place + frequency]`: one dimension of the inverse DCT (T.81 A.3.3). */
const cosines = Float64Array.from({ length: 64 }, (_, at) => {
  const [place, frequency] = [at >> 3, at & 7];
  return (frequency === 0 ? Math.SQRT1_2 : Math.cos(((2 * place + 1) * frequency * Math.PI) / 16)) / 2;
});

/** Decodes grey 12-bit JPEG (process 4), which libjpeg's builds for JavaScript do not read. @throws ImageError @see ITU-T T.81 annexes A and F */
export function decode12Bits(bytes: Uint8Array, stream: JpegStructure): Uint16Array {
  const { rows, columns, components } = stream;
  if (components !== 1) throw unsupported(say`its JPEG pixels have 12 bits and colours; grey ones are read`);
  // A block has two codes at least, of one bit each.
  const [across, down] = [Math.ceil(columns / 8), Math.ceil(rows / 8)];
  if (bytes.length * 4 < across * down)
    throw damaged(say`${bytes.length} bytes cannot hold ${rows} × ${columns} samples`);
  const [scan, another] = scansOf(bytes, stream);
  if (another) throw damaged(say`a sequential frame of one component has several scans`);
  const { dc, ac } = scan.components[0];
  const quantization = quantizationOf(bytes, stream);
  if (!ac || !quantization) throw damaged(say`a scan names a table that is not there`);
  const samples = new Uint16Array(rows * columns);
  const bits = new JpegBits(bytes, scan.dataAt);
  const [coefficients, block] = [new Float64Array(64), new Float64Array(64)];
  let prediction = 0;
  for (let number = 0; number < across * down; number++) {
    if (restarts(scan, number)) {
      bits.restart((number / scan.restartInterval - 1) & 7);
      prediction = 0;
    }
    prediction = readBlock(bits, dc, ac, prediction, quantization, coefficients);
    inverseDct(coefficients, block);
    place(block, samples, 8 * Math.floor(number / across), 8 * (number % across), stream);
  }
  return samples;
}

const restarts = ({ restartInterval }: Scan, number: number) =>
  restartInterval > 0 && number > 0 && number % restartInterval === 0;

/** The table of the one component, in the order it is written. */
function quantizationOf(bytes: Uint8Array, { segments }: JpegStructure): Float64Array | undefined {
  const tables = new Map<number, Float64Array>();
  for (const { marker, at, end } of segments) if (marker === DQT) readTables(bytes, { marker, at, end }, tables);
  const frame = segments.find(({ marker }) => marker === 0xc0 || marker === 0xc1)!;
  return tables.get(bytes[frame.at + 8]);
}

function readTables(bytes: Uint8Array, { at, end }: Segment, tables: Map<number, Float64Array>): void {
  while (at < end) {
    const width = 1 + (bytes[at] >> 4);
    if (at + 1 + 64 * width > end) throw damaged(say`its quantization table is cut off`);
    const [first, wide] = [at + 1, width === 2];
    tables.set(bytes[at] & 15, Float64Array.from({ length: 64 }, (_, k) => (wide ? (bytes[first + 2 * k] << 8) | bytes[first + 2 * k + 1] : bytes[first + k]))); // prettier-ignore
    at += 1 + 64 * width;
  }
}

/** Fills the dequantized coefficients of one block. @returns its DC value, which predicts the next one's */
function readBlock(bits: JpegBits, dc: HuffmanTable, ac: HuffmanTable, prediction: number, quantization: Float64Array, to: Float64Array): number {
  to.fill(0);
  const size = bits.code(dc);
  if (size > 15) throw damaged(say`there is a difference of ${size} bits`);
  const value = prediction + (size === 0 ? 0 : bits.difference(size));
  to[0] = value * quantization[0];
  for (let k = 1; k < 64; k++) {
    const code = bits.code(ac);
    const [zeros, width] = [code >> 4, code & 15];
    if (width === 0 && zeros !== 15) break;
    k += zeros;
    if (k > 63) throw damaged(say`a block has more than 64 coefficients`);
    if (width > 0) to[zigzag[k]] = bits.difference(width) * quantization[k];
  }
  return value;
} // prettier-ignore

const half = new Float64Array(64);

function inverseDct(from: Float64Array, to: Float64Array): void {
  for (let row = 0; row < 64; row += 8)
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += from[row + u] * cosines[8 * x + u];
      half[row + x] = sum;
    }
  for (let x = 0; x < 8; x++)
    for (let y = 0; y < 8; y++) {
      let sum = 0;
      for (let v = 0; v < 8; v++) sum += half[8 * v + x] * cosines[8 * y + v];
      to[8 * y + x] = sum;
    }
}

/** Rounded, shifted by half the range and clamped to 12 bits; what lies beyond the image's edges is left out. */
function place(block: Float64Array, samples: Uint16Array, row: number, column: number, { rows, columns }: JpegStructure): void {
  for (let y = 0; y < 8 && row + y < rows; y++)
    for (let x = 0; x < 8 && column + x < columns; x++)
      samples[(row + y) * columns + column + x] = Math.min(4095, Math.max(0, Math.round(block[8 * y + x]) + 2048));
} // prettier-ignore
