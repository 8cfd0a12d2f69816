import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { fetchSampleCt } from '../../samples/fetch-ct.mjs';
import { cache, findPython, root } from '../../scripts/setup.mjs';

const abdomen = join(root, '..', 'shared', 'data', 'ct', 'ct_abdomen_512x512x20.nii.gz');
const HEADER_BYTES = 352;
const SIDE = 512;

/**
 * Writes a CT of 512 x 512 x `slices` into `folder`: the slices of a real one, forwards and backwards in turn until there are enough.
 * @returns {Promise<{ path: string, source: string }>} `source`: what it was made of, for the report
 */
export async function makeCt(folder, slices) {
  const path = join(folder, `ct_${SIDE}x${SIDE}x${slices}.nii.gz`);
  const { file, source } = existsSync(abdomen)
    ? { file: await promisify(gunzip)(await readFile(abdomen)), source: basename(abdomen) }
    : await enlargedSample();
  const mirrored = mirrorSlices(file, slices);
  // Level 1 is what nibabel writes.
  await writeFile(path, await promisify(gzip)(mirrored, { level: 1 }));
  return { path, source };
}

/** A NIfTI-1 file of 16-bit voxels with its slices repeated: 0 … n-1, n-1 … 0, 0 … and so on. */
function mirrorSlices(file, slices) {
  const have = file.readInt16LE(46);
  const sliceBytes = SIDE * SIDE * 2;
  const header = Buffer.from(file.subarray(0, HEADER_BYTES));
  header.writeInt16LE(slices, 46);
  const order = Array.from({ length: slices }, (_, z) => z % (2 * have)).map((z) => (z < have ? z : 2 * have - 1 - z));
  const voxels = order.map((z) =>
    file.subarray(HEADER_BYTES + z * sliceBytes, HEADER_BYTES + z * sliceBytes + sliceBytes),
  );
  return Buffer.concat([header, ...voxels]);
}

/** The sample CT with each slice enlarged to 512 x 512 by repeating voxels, as the same kind of file. */
async function enlargedSample() {
  const load = createRequire(import.meta.url);
  const { decodeImage, toFloat32 } = load('../../dist/imaging/formats/decode.js');
  const { encodeNifti } = load('../../dist/imaging/formats/nifti/write-nifti.js');
  const { nearestMap } = load('../../dist/imaging/ops/resample/axis-maps.js');
  const { resampleNearest } = load('../../dist/imaging/ops/resample/resample-nearest.js');
  const { image } = await fetchSampleCt({ cache, python: findPython(), log: console.log });
  const volume = toFloat32(await decodeImage(image, basename(image)));
  const enlarged = resampleNearest(volume, [nearestMap(volume.shape[0], SIDE), nearestMap(volume.shape[1], SIDE)]);
  const scale = (n, column) => (column < 2 ? (n * volume.shape[column]) / SIDE : n);
  const affine = volume.affine.map((n, i) => (i < 12 ? scale(n, i % 4) : n));
  const file = await encodeNifti({ ...enlarged, affine }, { dtype: 'int16', compress: false });
  return { file, source: `${basename(image)}, enlarged to ${SIDE} x ${SIDE} (the shared data folder is not there)` };
}
