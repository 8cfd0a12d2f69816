import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PixelFormat } from '../../../../../gateway/imaging/formats/dicom/frames/frame';

/** A frame that other software wrote, and the values in it. */
export interface GoldenFrame {
  name: string;
  format: PixelFormat;
  frame: Uint8Array;
  /** Bytes of the values in the layout's type. */
  values: Uint8Array;
  /** Largest difference: 0 for what is lossless. */
  within: number;
}

interface Written {
  name: string;
  format: PixelFormat;
  frame: string;
  values: string;
  within: number;
  palette?: { firstMapped: number; bits: 8 | 16; red: number[]; green: number[]; blue: number[] };
}

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));

export function goldenFrames(): GoldenFrame[] {
  const path = join(__dirname, '../../../../golden/dicom_frames.json');
  const written = JSON.parse(readFileSync(path, 'utf8')) as Written[];
  return written.map(({ frame, values, palette, format, ...rest }) => {
    const tables = palette && {
      ...palette,
      red: Uint16Array.from(palette.red),
      green: Uint16Array.from(palette.green),
      blue: Uint16Array.from(palette.blue),
    };
    return { ...rest, format: { ...format, palette: tables }, frame: bytesOf(frame), values: bytesOf(values) };
  });
}

/** Not read by the gateway. */
export const isProgressiveJpegOf12Bits = ({ name }: GoldenFrame) => /^jpeg-(spectral|progressive) 12u/.test(name);
