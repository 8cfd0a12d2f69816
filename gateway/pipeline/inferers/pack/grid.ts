import { allocate, allocateUnset } from '../../../arena';
import { spacingOf } from '../../../imaging/geometry';
import { pasteNearest } from '../../../imaging/ops/resample/paste-nearest';
import { nearestAfterZoom, zoomedLengths, zoomToWhole } from '../../../imaging/ops/resample/zoom';
import { firstAxisFastest, sizeOf, type Affine, type NumericArray, type Volume } from '../../../imaging/volume';
import { ImageError } from '../../../imaging/image-error';
import { say, type Sentence } from '../../../sentence';

/** First voxel and the one after the last, along X, Y and Z. */
export type Box = [from: number, to: number][];

/** mm per voxel along X, Y and Z, as a NIfTI header has them. */
export const spacingOfImage = ({ affine }: Volume) => (affine ? spacingOf(affine).map(Math.fround) : [1, 1, 1]);

/** The part of an image in a box, without a copy. */
export function cutTo(image: Volume, box: Box): Volume {
  const [at, ...offset] = [0, 1, 2, 3].map((row) =>
    row === 0 ? box.reduce((sum, [from], d) => sum + from * image.strides[d], 0) : box.reduce((sum, [from], d) => sum + from * (image.affine?.[4 * row - 4 + d] ?? 0), 0),
  );
  const affine = image.affine?.map((value, i) => (i % 4 === 3 && i < 12 ? value + offset[(i - 3) / 4] : value));
  const shape = box.map(([from, to]) => to - from);
  return { ...image, data: image.data.subarray(at) as NumericArray, shape, affine };
} // prettier-ignore

/**
 * The image at another spacing, as TotalSegmentator 2.18 (`change_spacing`) saves it for nnU-Net: resampled in float64 from corner to corner, then cut to whole
 * numbers. At that spacing already, it stays as it is.
 * @param spacing mm along X, Y and Z; null for the image's own
 */
export function atSpacing(image: Volume, spacing: readonly number[] | null): Volume {
  const own = spacingOfImage(image);
  if (!spacing || own.every((mm, d) => mm === spacing[d])) return image;
  const zoom = own.map((mm, d) => mm / spacing[d]);
  const lengths = zoomedLengths(image.shape, zoom);
  if (lengths.some((n) => n < 1))
    throw new ImageError('unsupported', say`at ${spacing.join(' × ')} mm the image of ${image.shape.join(' × ')} voxels would have none`);
  const affine: Affine | undefined = image.affine?.map((value, i) => (i % 4 < 3 && i < 12 ? value / zoom[i % 4] : value));
  return { ...zoomToWhole(image, lengths), affine };
} // prettier-ignore

/** Labels of a resampled part of an image on the image's whole grid, each voxel the nearest one's; outside of the box 0. */
export function onWholeGrid(labels: Volume, box: Box, whole: Volume): Volume {
  const shape = whole.shape;
  const size = sizeOf(shape);
  const data = labels.data instanceof Uint16Array ? allocate(Uint16Array, size) : allocate(Uint8Array, size);
  const out: Volume = { ...whole, data, strides: firstAxisFastest(shape) };
  const [x, y, z] = box.map(([from, to], d) => {
    const map = new Int32Array(shape[d]).fill(-1);
    map.set(nearestAfterZoom(labels.shape[d], to - from), from);
    return map;
  });
  pasteNearest(labels, [x, y, z], out);
  return out;
}

/** The box around voxels of some values, widened by a margin in mm and cut to the image; undefined where there are none. */
export function boxAround(labels: Volume, values: readonly number[], margin: readonly number[], image: Volume): Box | undefined {
  const isWanted = new Uint8Array(65536);
  for (const value of values) isWanted[value] = 1;
  const [nx, ny, nz] = labels.shape;
  const low = [nx, ny, nz];
  const high = [-1, -1, -1];
  for (let z = 0, at = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++, at++) {
        if (isWanted[labels.data[at]] === 0) continue;
        if (x < low[0]) low[0] = x;
        if (x > high[0]) high[0] = x;
        if (y < low[1]) low[1] = y;
        if (y > high[1]) high[1] = y;
        if (z < low[2]) low[2] = z;
        high[2] = z;
      }
  if (high[0] < 0) return undefined;
  const spacing = spacingOfImage(image);
  return low.map((first, d) => {
    const voxels = Math.trunc(margin[d] / spacing[d]);
    return [Math.max(0, first - voxels), Math.min(image.shape[d], high[d] + 1 + voxels)];
  });
} // prettier-ignore

/** A copy of an image of axes XYZ, each value cut to a whole number; X fastest. */
export function asWhole(image: Volume): Volume<Float32Array> {
  const [nx, ny, nz] = image.shape;
  const [sx, sy, sz] = image.strides;
  const data = allocateUnset(Float32Array, nx * ny * nz);
  let o = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0, at = z * sz + y * sy; x < nx; x++, at += sx) data[o++] = Math.trunc(image.data[at]);
  return { ...image, data, strides: firstAxisFastest(image.shape) };
}

/** Levels of grey under which an image is hardly a CT or a raw MR image. */
const FEW_LEVELS = 100;

/** What is lost of an image by whole numbers, as a sentence; undefined where nothing is, or little. @throws ImageError beyond 32 bits */
export function lossBySmallNumbers({ data, shape, strides: [sx, sy, sz] }: Volume): Sentence | undefined {
  const [nx, ny, nz] = shape;
  let [low, high, isWhole] = [Infinity, -Infinity, true];
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0, at = z * sz + y * sy; x < nx; x++, at += sx) {
        const value = data[at];
        if (value < low) low = value;
        if (value > high) high = value;
        if (isWhole && value !== Math.trunc(value)) isWhole = false;
      }
  if (low < -(2 ** 31) || high >= 2 ** 31)
    throw new ImageError('unsupported', say`its values go from ${low} to ${high}, and TotalSegmentator's whole numbers have 32 bits`);
  const levels = Math.trunc(high) - Math.trunc(low) + 1;
  if (isWhole || levels >= FEW_LEVELS) return undefined;
  return say`The image has values from ${low} to ${high}, which this model cuts to whole numbers, as TotalSegmentator does: of them ${levels} ${levels === 1 ? 'is' : 'are'} left. Send the image in its own units (HU, or the scanner's).`;
} // prettier-ignore
