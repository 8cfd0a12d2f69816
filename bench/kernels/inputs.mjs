import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { root } from '../../scripts/setup.mjs';
import { makeCt } from '../support/ct.mjs';

const SHAPE = [512, 512, 200];
const VOXELS = SHAPE.reduce((a, b) => a * b);
const HEADER_BYTES = 352;
const segmentation = join(root, '..', 'shared', 'data', 'ct', 'ct_abdomen_512x512x20_seg117.nii.gz');

/** An array where the gateway has its own. */
export const { allocateUnset, releaseAfter, useArena } = createRequire(import.meta.url)('../../dist/arena.js');
useArena();

export function volumeOf(data, shape, axes = 'XYZ') {
  const strides = shape.map((_, d) => shape.slice(0, d).reduce((a, b) => a * b, 1));
  return { data, shape, strides, axes, properties: {} };
}

/** Channels slowest in memory, as network outputs are. */
export function channelsOf(data, channels, [x, y, z]) {
  return { ...volumeOf(data, [x, y, z, channels], 'XYZC') };
}

/**
 * Arrays of 512 x 512 x 200 made of a real CT and its label map, and the files in `folder` from which the other side reads the same.
 * @returns {Promise<{ inputs: object, source: string }>}
 */
export async function makeInputs(folder) {
  const { path, source } = await makeCt(folder, SHAPE[2]);
  const file = await promisify(gunzip)(await readFile(path));
  const image = allocateUnset(Int16Array, VOXELS);
  image.set(
    new Int16Array(file.buffer.slice(file.byteOffset + HEADER_BYTES, file.byteOffset + HEADER_BYTES + 2 * VOXELS)),
  );
  const labels = existsSync(segmentation)
    ? await mirroredLabels()
    : image.map((hu) => Math.max((hu + 200) >> 5, 0) & 63);
  const logits = logitsOf(image);
  await writeFile(join(folder, 'image.raw'), image);
  await writeFile(join(folder, 'labels.raw'), Uint8Array.from(labels));
  await writeFile(join(folder, 'logits.raw'), logits);
  const bytes = allocateUnset(Uint8Array, VOXELS);
  bytes.set(labels);
  return { inputs: inputsOf(image, bytes, logits, SHAPE), source };
}

/** Slices 0 … n-1, n-1 … 0 and so on, as makeCt has them. */
async function mirroredLabels() {
  const file = await promisify(gunzip)(await readFile(segmentation));
  const [have, slice] = [file.readInt16LE(46), SHAPE[0] * SHAPE[1]];
  const bytes = file.readInt16LE(72) / 8;
  const out = new Uint8Array(VOXELS);
  for (let z = 0; z < SHAPE[2]; z++) {
    const from = Math.min(z % (2 * have), 2 * have - 1 - (z % (2 * have))) * slice;
    for (let i = 0; i < slice; i++) out[z * slice + i] = file[HEADER_BYTES + (from + i) * bytes];
  }
  return out;
}

/** Four channels of 50 slices, each with its own intensity that scores highest: labels vary from voxel to voxel as the CT does. */
function logitsOf(image) {
  const out = allocateUnset(Float32Array, image.length);
  const centres = [-900, -80, 40, 180];
  const size = image.length / centres.length;
  centres.forEach((centre, c) => {
    for (let i = 0; i < size; i++) out[c * size + i] = 4 - Math.abs(image[i] - centre) / 40 + c / 7;
  });
  return out;
}

function inputsOf(image, labels, logits, shape) {
  const float = allocateUnset(Float32Array, image.length);
  float.set(image);
  const mask = allocateUnset(Uint8Array, image.length);
  for (let i = 0; i < mask.length; i++) mask[i] = image[i] > 150 ? 1 : 0;
  return {
    image: volumeOf(image, shape),
    float: volumeOf(float, shape),
    labels: volumeOf(labels, shape),
    mask: volumeOf(mask, shape),
    bytes: mask,
    logits,
    shape,
  };
}

/** The same fields, small and all of one type: a server that has run for a while has seen every type. */
export function smallInputs(type) {
  const shape = [32, 24, 16];
  const data = () => allocateUnset(type, 32 * 24 * 16).map((_, i) => (i % 7) % 4);
  const mask = data();
  return {
    image: volumeOf(data(), shape),
    float: volumeOf(data(), shape),
    labels: volumeOf(data(), shape),
    mask: volumeOf(mask, shape),
    bytes: Uint8Array.from(mask),
    logits: data(),
    shape,
  };
}

export const types = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
];
