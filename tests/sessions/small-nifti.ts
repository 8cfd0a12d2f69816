import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';

/** An uncompressed uint8 NIfTI-1 file of about this size. */
export function makeNifti(bytes: number): Buffer {
  const rows = Math.max(1, Math.ceil((bytes - 352) / 1000));
  return makeNifti1({ dim: [1000, rows, 1], datatype: 2, voxels: new Uint8Array(1000 * rows).fill(7) });
}
