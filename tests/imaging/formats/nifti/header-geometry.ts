import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseNiftiHeader, type NiftiHeader } from '../../../../gateway/imaging/formats/nifti/header';

/** The header of a NIfTI file, plain or gzip. */
export function headerOf(path: string): NiftiHeader {
  const bytes = readFileSync(path);
  return parseNiftiHeader(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes, path);
}

/** The fields that place an image, the numbers as the bytes they have in NIfTI-1 (those of NIfTI-2 rounded to float32). */
export function geometryFields({ qformCode, sformCode, quatern, qoffset, srow, pixdim, xyztUnits }: NiftiHeader) {
  const numbers = Float32Array.from([...quatern, ...qoffset, ...srow, ...pixdim.slice(0, 4)]);
  return { qformCode, sformCode, units: xyztUnits & 0xff, numbers: Buffer.from(numbers.buffer).toString('hex') };
}
