import type { NumericArray } from '../../../volume';
import { checkCodestream, damaged, storedValues } from './codestream';
import type { PixelFormat } from './frame';
import { JpegBits, scansOf, type Scan } from './jpeg-huffman';
import { jpegStructure, type JpegStructure } from './jpeg-markers';
import { say } from '../../../../sentence';

const SOF3 = 0xc3;

/**
 * Lossless JPEG (process 14) of 2 to 16 bits, interleaved. An own decoder: jpeg-lossless-decoder-js 2.1.2 makes up bits where data ends, and mixes colours
 * of 16 bits. @throws ImageError @see ITU-T T.81 annex H
 */
export function decodeJpegLossless(bytes: Uint8Array, format: PixelFormat): NumericArray {
  const stream = jpegStructure(bytes);
  if (stream.process !== SOF3) throw damaged(say`it is JPEG of process SOF${stream.process & 15}, not lossless`);
  checkCodestream(stream, format);
  const { rows, columns, components, precision } = stream;
  // A code has one bit at least.
  if (bytes.length * 8 < rows * columns * components)
    throw damaged(say`${bytes.length} bytes cannot hold ${rows} × ${columns} × ${components} samples`);
  const words = new (precision > 8 ? Uint16Array : Uint8Array)(rows * columns * components);
  for (const scan of scansOf(bytes, stream)) decodeScan(bytes, scan, stream, words);
  return storedValues(words, precision, format);
}

function decodeScan(bytes: Uint8Array, scan: Scan, stream: JpegStructure, words: Uint8Array | Uint16Array): void {
  const { rows, columns, components: step, precision } = stream;
  const { components, start: predictor, low: pointTransform, restartInterval } = scan;
  if (predictor < 1 || predictor > 7) throw damaged(say`there is no predictor ${predictor}`);
  const restartRows = restartInterval / columns;
  if (!Number.isInteger(restartRows)) throw damaged(say`its restart interval of ${restartInterval} is not a number of whole rows`);
  const bits = new JpegBits(bytes, scan.dataAt);
  const pitch = columns * step;
  const middle = pointTransform < precision ? 1 << (precision - pointTransform - 1) : 0;
  for (let row = 0; row < rows; row++) {
    const restarts = restartRows > 0 && row % restartRows === 0;
    if (restarts && row > 0) bits.restart((row / restartRows - 1) & 7);
    const isFirst = row === 0 || restarts;
    for (let column = 0; column < columns; column++) {
      for (const { index, dc } of components) {
        const at = row * pitch + column * step + index;
        const left = isFirst && column === 0 ? middle : column === 0 ? words[at - pitch] : words[at - step];
        const guess = isFirst || column === 0 ? left : predict(predictor, left, words[at - pitch], words[at - pitch - step]);
        const size = bits.code(dc);
        if (size > 16) throw damaged(say`there is a difference of ${size} bits`);
        words[at] = guess + (size === 0 ? 0 : size === 16 ? 32768 : bits.difference(size));
      }
    }
  }
  if (pointTransform > 0) for (const { index } of components) for (let at = index; at < words.length; at += step) words[at] <<= pointTransform;
} // prettier-ignore

/** From the samples to the left, above, and above to the left (T.81 table H.1). */
function predict(predictor: number, left: number, above: number, corner: number): number {
  if (predictor === 1) return left;
  if (predictor === 2) return above;
  if (predictor === 3) return corner;
  if (predictor === 4) return left + above - corner;
  if (predictor === 5) return left + ((above - corner) >> 1);
  if (predictor === 6) return above + ((left - corner) >> 1);
  return (left + above) >> 1;
}
