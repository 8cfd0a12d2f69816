import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';

const HEADER_BYTES = 352;

/**
 * An image whose mask by the model of samples/segmentation is known voxel by voxel: it lies on the grid that the model resamples to
 * (1.5 × 1.5 × 2 mm), and each voxel is 200 or 0 HU, above or below the model's 40.
 * @param {[number, number, number]} shape
 * @param {(x: number, y: number, z: number) => boolean} isBright
 * @returns {{ file: Buffer, mask: Buffer }} NIfTI-1 of float32, and one byte per voxel
 */
export function brightImage(shape, isBright) {
  const [nx, ny, nz] = shape;
  const mask = Buffer.alloc(nx * ny * nz);
  const file = Buffer.alloc(HEADER_BYTES + 4 * mask.length);
  const spacing = [1.5, 1.5, 2];
  file.writeInt32LE(348, 0);
  [3, ...shape, 1, 1, 1, 1].forEach((size, at) => file.writeInt16LE(size, 40 + 2 * at));
  file.writeInt16LE(16, 70);
  file.writeInt16LE(32, 72);
  [1, ...spacing].forEach((size, at) => file.writeFloatLE(size, 76 + 4 * at));
  file.writeFloatLE(HEADER_BYTES, 108);
  file.writeInt16LE(1, 254);
  spacing.forEach((size, axis) => file.writeFloatLE(size, 280 + 20 * axis));
  file.write('n+1\0', 344, 'latin1');
  for (let z = 0, at = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++, at++) {
        mask[at] = isBright(x, y, z) ? 1 : 0;
        file.writeFloatLE(200 * mask[at], HEADER_BYTES + 4 * at);
      }
  return { file, mask };
}

/** How many voxels of an answer (`.nii` or `.nii.gz` of bytes) are not as in `mask`; all of them where it has another number. */
export function wrongVoxels(answer, mask) {
  const bytes = answer[0] === 0x1f ? gunzipSync(answer) : answer;
  const voxels = bytes.subarray(HEADER_BYTES);
  if (voxels.length !== mask.length) return mask.length;
  if (voxels.equals(mask)) return 0;
  return voxels.reduce((wrong, voxel, at) => wrong + (voxel === mask[at] ? 0 : 1), 0);
}

/** `multipart/form-data` of fields and files. */
export function formOf(fields, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, [fileName, bytes]] of Object.entries(files)) form.set(name, new Blob([bytes]), fileName);
  return form;
}

/** @throws AssertionError with the number of wrong voxels, or what was answered in place of a mask */
export function assertMask(status, bytes, mask) {
  assert.equal(status, 200, bytes.toString('utf8', 0, 500));
  assert.equal(wrongVoxels(bytes, mask), 0, 'wrong voxels');
}
