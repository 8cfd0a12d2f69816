import { largestDistance, lengthsXYZ, spacingOf } from '../imaging/geometry';
import { spatialLetters, type Volume } from '../imaging/volume';

/** Part of a voxel by which the corners of two grids may lie apart: headers are rounded. */
const APART = 0.1;

/**
 * Images that are worked on together, voxel by voxel, must lie on one grid: of another one, every number would be right and in the wrong place.
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
  const [shape, wanted] = [image, grid].map(lengthsXYZ);
  if (spatialLetters(image) !== spatialLetters(grid) || shape.join() !== wanted.join()) return false;
  if (!image.affine || !grid.affine) return true;
  return largestDistance(image.affine, grid.affine, shape) <= APART * Math.min(...spacingOf(grid.affine));
}

function describe(volume: Volume): string {
  const { affine } = volume;
  const voxels = `${lengthsXYZ(volume).join(' x ')} voxels (axes ${volume.axes})`;
  if (!affine) return voxels;
  const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
  const spacing = spacingOf(affine);
  const size = spacing.map((mm) => rounded(mm, 3)).join(' x ');
  const origin = [3, 7, 11].map((at) => rounded(affine[at], 3)).join(', ');
  const directions = spacing.map(
    (mm, column) => `(${[0, 4, 8].map((row) => rounded(affine[row + column] / mm, 4)).join(', ')})`,
  );
  return `${voxels} of ${size} mm from (${origin}) along ${directions.join(' ')}`;
}
