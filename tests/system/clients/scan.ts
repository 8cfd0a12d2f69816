import { gunzipSync, gzipSync } from 'node:zlib';
import { makeNifti1 } from '../../imaging/formats/nifti/make-nifti';

const HEADER_BYTES = 352;

export const scanShape = [8, 7, 6];
const voxels = Uint8Array.from({ length: 336 }, (_, i) => (i * 37) % 101);

/** What the model `bright` finds in {@link scan}. */
export const bright = Uint8Array.from(voxels, (value) => Number(value > 50));

/** A small oblique volume with both transforms, whose codes must come back. */
export const scan = makeNifti1({
  dim: scanShape,
  datatype: 2,
  voxels,
  pixdim: [1, 0.8, 0.8, 2.5],
  qform: { code: 1, quatern: [0, 0, 0.1], offset: [-90, 80, 33] },
  sform: { code: 2, rows: [-0.48, 0.64, 0, 90, 0.64, 0.48, 0, -80, 0, 0, 2.5, 33] },
});
export const scanGz = gzipSync(scan);

/** Six points at the borders of the volume, as DEXTR3D clients want them. */
export const sixPoints = [[5, 1, 1], [1, 1, 2], [1, 1, 3], [1, 1, 4], [1, 2, 5], [1, 1, 3]]; // prettier-ignore

/** Voxels of a `.nii.gz` of one byte per voxel. */
export const voxelsOf = (nifti: Buffer) => gunzipSync(nifti).subarray(HEADER_BYTES);

/** What places a NIfTI volume in the patient: pixdim, then codes, qform and sform; byte for byte. */
export function geometryOf(file: Buffer): string[] {
  const header = file[0] === 0x1f ? gunzipSync(file) : file;
  return [header.subarray(76, 108), header.subarray(252, 328)].map((part) => part.toString('hex'));
}
