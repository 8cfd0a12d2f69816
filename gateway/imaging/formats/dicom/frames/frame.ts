import type { NumericArray } from '../../../volume';
import type { valueTypes, VoxelType } from '../../value-types';

/** How the pixels of an image are written: the Image Pixel module (PS3.3 C.7.6.3) and the transfer syntax. */
export interface PixelFormat {
  /** UID; of a deflated data set or one at hand too. */
  transferSyntax: string;
  rows: number;
  columns: number;
  samplesPerPixel: number;
  /** As the header has it: MONOCHROME2, RGB, YBR_FULL_422, PALETTE COLOR, … */
  photometricInterpretation: string;
  /** Of native pixels and RLE: 0 = R1 G1 B1 R2 …, 1 = R1 R2 … G1 …; codestreams know better. */
  planarConfiguration: 0 | 1;
  /** Bits per sample in the file: 1, 8, 16, 32; 64 with `float`. */
  bitsAllocated: number;
  bitsStored: number;
  highBit: number;
  /** Pixel Representation is 1: two's complement. */
  signed: boolean;
  /** The element is Float (32 bits) or Double Float (64 bits) Pixel Data. @default false */
  float?: boolean;
  /** Value representation of Pixel Data; counts for bytes in big endian words only. @default 'OB' for 8 bits, 'OW' else */
  pixelVr?: 'OB' | 'OW';
  palette?: Palette;
}

/** Red, Green and Blue Palette Color Lookup Table (PS3.3 C.7.9): values beyond the ends take the first or last entry. */
export interface Palette {
  /** Stored value of the first entry; negative ones exist. */
  firstMapped: number;
  bits: 8 | 16;
  red: Uint16Array;
  green: Uint16Array;
  blue: Uint16Array;
}

export interface FrameSource {
  /** File that holds them; or `bytes`. */
  path?: string;
  /** For data sets that were inflated: what `ranges` count in. */
  bytes?: Uint8Array;
  /** In bytes; the fragments of an encapsulated frame are joined in this order. */
  ranges: readonly { at: number; length: number }[];
  /** Bits to skip in the first byte: frames of packed bits follow each other without gap. @default 0 */
  bitOffset?: number;
  format: PixelFormat;
}

export interface FramePixels {
  /**
   * rows × columns × channels, those of a pixel together: shifted to bit 0, without overlays, sign extended; palettes applied, YBR in RGB. MONOCHROME1 stays
   * as stored, as in pydicom (ITK 5.4 and GDCM invert it).
   */
  values: NumericArray;
  channels: number;
}

export type FrameArray = (typeof valueTypes)[VoxelType]['array'];

/** The type and length of {@link FramePixels} of a format, known before anything is decoded; `length` is rows × columns × channels. */
export function layoutOf(format: PixelFormat): { type: FrameArray; channels: number; length: number } {
  const { rows, columns, samplesPerPixel, palette } = format;
  const channels = isPalette(format) ? 3 : samplesPerPixel;
  const colours = palette?.bits === 8 ? Uint8Array : Uint16Array;
  const type = palette && isPalette(format) ? colours : storedArray(format);
  return { type, channels, length: rows * columns * channels };
}

export function storedArray({ bitsAllocated, signed, float = false }: PixelFormat): FrameArray {
  if (float) return bitsAllocated === 64 ? Float64Array : Float32Array;
  if (bitsAllocated <= 8) return signed ? Int8Array : Uint8Array;
  if (bitsAllocated <= 16) return signed ? Int16Array : Uint16Array;
  return signed ? Int32Array : Uint32Array;
}

export function isPalette({ photometricInterpretation }: PixelFormat): boolean {
  return photometricInterpretation === 'PALETTE COLOR';
}
