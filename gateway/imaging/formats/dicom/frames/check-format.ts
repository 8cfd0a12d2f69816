import { ImageError } from '../../../image-error';
import type { PixelFormat } from './frame';
import { codingOf, transferSyntaxName, type Coding } from './transfer-syntaxes';

/** Samples of one frame: 11,585 by 11,585 pixels. The decoders of compressed frames are 32-bit programs. */
const MOST_SAMPLES = 2 ** 27;

const GREY = new Set(['MONOCHROME2', 'MONOCHROME1', 'PALETTE COLOR']);

/**
 * How the pixels are decoded; numbers that contradict each other are refused before anything is read.
 * @throws ImageError `unsupported` also for a transfer syntax that is not read, by name and UID
 */
export function checkFormat(format: PixelFormat): Coding {
  const { transferSyntax, rows, columns, samplesPerPixel, bitsAllocated, bitsStored, highBit, float = false } = format;
  const coding = codingOf(transferSyntax);
  if (!coding)
    throw refuse(`${transferSyntaxName(transferSyntax)} is not read; export it as JPEG 2000, JPEG-LS or uncompressed`);
  if (!isLength(rows) || !isLength(columns)) throw refuse(`it has ${rows} rows and ${columns} columns`);
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3)
    throw refuse(`it has ${samplesPerPixel} samples per pixel; 1 (grey) and 3 (colour) are read`);
  const { photometricInterpretation: photometric } = format;
  if (samplesPerPixel === 1 && !GREY.has(photometric))
    throw refuse(
      `its Photometric Interpretation is "${photometric}" with one sample per pixel; ${[...GREY].join(', ')} are read`,
    );
  if (coding !== 'native' && coding !== 'big-endian' && rows * columns * samplesPerPixel > MOST_SAMPLES)
    throw refuse(
      `a frame has ${rows} × ${columns} pixels; compressed frames of up to ${MOST_SAMPLES} samples are read`,
    );
  if (![1, 8, 16, 32, ...(float ? [64] : [])].includes(bitsAllocated) || (float && bitsAllocated < 32))
    throw refuse(`Bits Allocated is ${bitsAllocated}; 1, 8, 16 and 32 are read, and 64 for Double Float Pixel Data`);
  const bits = `Bits Allocated ${bitsAllocated}, Bits Stored ${bitsStored}, High Bit ${highBit}`;
  if (!float && !(bitsStored >= 1 && highBit >= bitsStored - 1 && highBit < bitsAllocated))
    throw new ImageError('unreadable', `its header contradicts itself: ${bits}`);
  return coding;
}

const isLength = (value: number) => Number.isInteger(value) && value > 0 && value <= 0xffff;
const refuse = (what: string) => new ImageError('unsupported', what);
