import { ImageError } from '../../../image-error';
import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import { along, normalOf } from '../vectors';
import type { Placement } from './frame';
import { planeOf } from './plane';

/**
 * Frames of a reconstructed NM object: slice k of the Slice Vector lies k - 1 times the Spacing Between Slices from the first one along the normal,
 * against it when the spacing is negative. Position and orientation are those of its detector.
 *
 * @throws ImageError for projections and planar images, and for several energy windows, detectors, time slots and the like, by their names
 * @see DICOM PS3.3 C.8.4.9, C.8.4.11, C.8.4.15
 */
export function nuclearPlacements(object: DataSet, frames: number): Placement[] {
  const [, , kind = ''] = object.text(tags.imageType).split('\\');
  if (kind !== '' && !/RECON/.test(kind))
    throw new ImageError('unsupported', `it is an NM object of ${frames} frames of the type ${kind.trim()}: they are no slices of a volume`);
  for (const [what, tag] of Object.entries(tags.vectors)) {
    const count = new Set(object.u16s(tag)).size;
    if (count > 1) throw new ImageError('unsupported', `it is an NM object of ${count} ${what}; send one volume`);
  }
  const plane = planeOfDetectors(object);
  const spacing = object.vector(tags.pixelSpacing, 2);
  const step = object.vector(tags.spacingBetweenSlices, 1)?.[0];
  if (!plane.position || !plane.orientation) return Array.from({ length: frames }, () => ({ spacing }));
  if (!step)
    throw new ImageError('unsupported', `it has ${frames} slices and does not say how far they lie apart: it has no Spacing Between Slices`);
  const normal = normalOf(plane.orientation);
  return sliceNumbers(object, frames).map((slice) => ({
    ...plane, spacing, sliceSpacing: Math.abs(step), position: along(plane.position!, normal, (slice - 1) * step),
  }));
} // prettier-ignore

function planeOfDetectors(object: DataSet): Placement {
  const planes = object.items(tags.detectors).map(planeOf).filter(({ position }) => position);
  const places = new Set(planes.map(({ position, orientation }) => JSON.stringify([position, orientation])));
  if (places.size > 1)
    throw new ImageError('unsupported', `it is an NM object of ${places.size} detectors that lie at different places`);
  return planes[0] ?? planeOf(object);
} // prettier-ignore

/** Of each frame, from 1. */
function sliceNumbers(object: DataSet, frames: number): number[] {
  const vector = object.u16s(tags.sliceVector);
  if (vector.length === 0) return Array.from({ length: frames }, (_, at) => at + 1);
  if (vector.length !== frames || new Set(vector).size !== frames || Math.max(...vector) !== frames)
    throw new ImageError('unreadable', `its Slice Vector does not name each of ${frames} slices once: ${vector.slice(0, 12).join(', ')}`);
  return vector;
} // prettier-ignore
