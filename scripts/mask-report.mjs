// What the demo shows of a mask: label volumes, Dice, and a picture. Reads images with the gateway's own decoder.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './setup.mjs';

const load = (path) => createRequire(import.meta.url)(join(root, 'dist', path));

/** Label colours, by label value (red, green, blue). */
const COLOURS = [[], [235, 64, 52], [66, 135, 245], [245, 193, 66], [80, 200, 120]];
const WINDOW = { low: -160, high: 240 };
const OPACITY = 0.45;
const PICTURE_HEIGHT = 512;

/** An image in closest canonical axes (x to the right, y to the front, z to the head of the patient), as plain numbers. */
export async function loadImage(path) {
  const { decodeImage } = load('imaging/formats/decode.js');
  const { toFloat32 } = load('imaging/formats/real-values.js');
  const { closestCanonical, spacingOf } = load('imaging/geometry.js');
  const volume = closestCanonical(toFloat32(await decodeImage(path, path)));
  return { ...volume, spacing: spacingOf(volume.affine) };
}

const voxel = ({ data, strides }, x, y, z) => data[x * strides[0] + y * strides[1] + z * strides[2]];

/** Voxels and millilitres of every label that occurs. */
export function summarizeLabels(mask, names) {
  const counts = new Map();
  for (const value of mask.data) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ml = mask.spacing.reduce((product, mm) => product * mm, 1) / 1000;
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([value, voxels]) => ({ name: names[value - 1] ?? `label ${value}`, voxels, ml: voxels * ml }));
}

/** Dice coefficient of one label: 2 |A and B| / (|A| + |B|). */
export function dice(mask, reference, label) {
  let both = 0;
  let either = 0;
  for (let z = 0; z < mask.shape[2]; z++)
    for (let y = 0; y < mask.shape[1]; y++)
      for (let x = 0; x < mask.shape[0]; x++) {
        const a = voxel(mask, x, y, z) === label;
        const b = voxel(reference, x, y, z) === label;
        if (a && b) both++;
        either += a + b;
      }
  return either ? (2 * both) / either : 1;
}

/** PNG of the axial and the coronal slice that show most of `label`, as radiologists look at them: the patient's right on the left. */
export async function overlayPng(image, mask, label) {
  const { encodePng } = load('imaging/formats/png.js');
  const [x, y, z] = image.shape;
  const [mmX, mmY, mmZ] = image.spacing;
  const axialAt = fullestSlice(mask, label, 2);
  const coronalAt = fullestSlice(mask, label, 1);
  const scale = PICTURE_HEIGHT / Math.max(y * mmY, 1);
  const axial = {
    width: Math.round(x * mmX * scale),
    height: Math.round(y * mmY * scale),
    at: (u, v) => [Math.floor((1 - u) * x), Math.floor((1 - v) * y), axialAt],
  };
  const coronal = {
    width: axial.width,
    height: Math.round(z * mmZ * scale),
    at: (u, v) => [Math.floor((1 - u) * x), coronalAt, Math.floor((1 - v) * z)],
  };
  const width = axial.width + coronal.width;
  const height = Math.max(axial.height, coronal.height);
  const pixels = new Uint8Array(width * height * 3);
  draw(pixels, width, 0, axial, image, mask);
  draw(pixels, width, axial.width, coronal, image, mask);
  return encodePng({
    data: pixels,
    shape: [height, width, 3],
    strides: [width * 3, 3, 1],
    axes: 'XYC',
    properties: {},
  });
}

function draw(pixels, width, left, pane, image, mask) {
  for (let row = 0; row < pane.height; row++)
    for (let column = 0; column < pane.width; column++) {
      const at = pane.at((column + 0.5) / pane.width, (row + 0.5) / pane.height);
      const gray = (255 * (voxel(image, ...at) - WINDOW.low)) / (WINDOW.high - WINDOW.low);
      const colour = COLOURS[voxel(mask, ...at)] ?? [];
      for (let c = 0; c < 3; c++) {
        const value = colour.length ? gray * (1 - OPACITY) + colour[c] * OPACITY : gray;
        pixels[(row * width + left + column) * 3 + c] = Math.max(0, Math.min(255, value));
      }
    }
}

function fullestSlice(mask, label, axis) {
  const counts = new Array(mask.shape[axis]).fill(0);
  for (let z = 0; z < mask.shape[2]; z++)
    for (let y = 0; y < mask.shape[1]; y++)
      for (let x = 0; x < mask.shape[0]; x++) if (voxel(mask, x, y, z) === label) counts[[x, y, z][axis]]++;
  const most = Math.max(...counts);
  return most > 0 ? counts.indexOf(most) : Math.floor(counts.length / 2);
}
