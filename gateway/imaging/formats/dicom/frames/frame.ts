import type { NumericArray } from '../../../volume';

/** How the pixels of an image are written: the Image Pixel module (PS3.3 C.7.6.3) and the transfer syntax. */
export interface PixelFormat {
  /** UID; of a deflated data set or one at hand too. */
  transferSyntax: string;
  rows: number;
  columns: number;
  /** 1, or 3 for colour. */
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
  /** For the photometric interpretation PALETTE COLOR. */
  palette?: Palette;
}

/** Red, Green and Blue Palette Color Lookup Table (PS3.3 C.7.9): values beyond the ends take the first or last entry. */
export interface Palette {
  /** Stored value of the first entry; negative ones exist. */
  firstMapped: number;
  /** Bits per entry: 8, or 16. */
  bits: 8 | 16;
  red: Uint16Array;
  green: Uint16Array;
  blue: Uint16Array;
}

/** Where the bytes of one frame lie. */
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

/** One decoded frame. */
export interface FramePixels {
  /**
   * rows × columns × channels stored values, row by row, channels of a pixel beside each other: shifted to bit 0, bits that are not stored
   * cleared (overlays lie there), sign extended. A palette is applied, YBR is converted to RGB. MONOCHROME1 stays as stored
   * (pydicom's pixel_array does so; ITK 5.4 and GDCM invert it: 2 ** bitsStored - 1 - value, for signed values -1 - value).
   */
  values: NumericArray;
  /** 1, or 3 for R, G, B. */
  channels: number;
}

/** A constructor of the arrays that frames are decoded into. */
export type FrameArray =
  | Uint8ArrayConstructor
  | Int8ArrayConstructor
  | Uint16ArrayConstructor
  | Int16ArrayConstructor
  | Uint32ArrayConstructor
  | Int32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor;

/** What {@link FramePixels} of a format are, known before anything is decoded; `length` is rows × columns × channels. */
export function layoutOf(format: PixelFormat): { type: FrameArray; channels: number; length: number } {
  const { rows, columns, samplesPerPixel, palette } = format;
  const channels = isPalette(format) ? 3 : samplesPerPixel;
  const colours = palette?.bits === 8 ? Uint8Array : Uint16Array;
  const type = palette && isPalette(format) ? colours : storedArray(format);
  return { type, channels, length: rows * columns * channels };
}

/** Of the samples as they are stored, before a palette. */
export function storedArray({ bitsAllocated, signed, float = false }: PixelFormat): FrameArray {
  if (float) return bitsAllocated === 64 ? Float64Array : Float32Array;
  if (bitsAllocated <= 8) return signed ? Int8Array : Uint8Array;
  if (bitsAllocated <= 16) return signed ? Int16Array : Uint16Array;
  return signed ? Int32Array : Uint32Array;
}

export function isPalette({ photometricInterpretation }: PixelFormat): boolean {
  return photometricInterpretation === 'PALETTE COLOR';
}
