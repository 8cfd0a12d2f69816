import { applyAffine, spacingOf } from '../imaging/geometry';
import type { Volume } from '../imaging/volume';

/** Part of a voxel by which the corners of two grids may lie apart: headers are rounded. */
const APART = 0.1;

/**
 * Images that are worked on together, voxel by voxel, must lie on one grid: of another one, every number would be right and in the wrong place.
 *
 * @param names of the fields, for the message
 * @throws Error with the geometries of the first two that do not fit
 */
export function checkOneGrid(images: readonly Volume[], names: readonly string[]): void {
  if (images.length === 0) throw new Error(`none of the fields ${names.join(', ')} has an image`);
  const odd = images.findIndex((image) => !isOn(image, images[0]));
  if (odd > 0)
    throw new Error(
      `"${names[odd]}" and "${names[0]}" do not lie on one grid: ${describe(images[odd])}, and ${describe(images[0])}; resample them to one grid first`,
    );
}

function isOn(image: Volume, grid: Volume): boolean {
  const [shape, wanted] = [image, grid].map(lengthsOf);
  if (letters(image) !== letters(grid) || shape.join() !== wanted.join()) return false;
  if (!image.affine || !grid.affine) return true;
  const most = APART * Math.min(...spacingOf(grid.affine));
  const corners = Array.from({ length: 8 }, (_, n) => shape.map((length, d) => ((n >> d) & 1) * (length - 1)));
  return corners.every((corner) => {
    const [here, there] = [image, grid].map(({ affine }) => applyAffine(affine!, corner));
    return Math.hypot(...here.map((value, d) => value - there[d])) <= most;
  });
}

const letters = ({ axes }: Volume) => axes.replace('C', '');

/** X, Y, Z. */
const lengthsOf = (volume: Volume) => [...'XYZ'].map((letter) => volume.shape[volume.axes.indexOf(letter)] ?? 1);

function describe(volume: Volume): string {
  const { affine } = volume;
  const voxels = `${lengthsOf(volume).join(' x ')} voxels (axes ${volume.axes})`;
  if (!affine) return voxels;
  const millimetres = (values: readonly number[]) => values.map((value) => Number(value.toFixed(3)));
  const directions = [0, 1, 2].map((column) =>
    `(${[0, 4, 8].map((row) => Number((affine[row + column] / spacingOf(affine)[column]).toFixed(4))).join(', ')})`,
  );
  return `${voxels} of ${millimetres(spacingOf(affine)).join(' x ')} mm from (${millimetres([affine[3], affine[7], affine[11]]).join(', ')}) along ${directions.join(' ')}`;
} // prettier-ignore
