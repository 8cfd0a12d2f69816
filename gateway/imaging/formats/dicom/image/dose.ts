import { ImageError } from '../../../image-error';
import { along, normalOf } from '../vectors';
import type { Placement } from './frame';

/** Offsets of a grid in positions of the patient begin at the position itself, in mm. */
const SAME_PLACE = 1e-3;

/**
 * Planes of a dose grid: offsets from the first one along the normal; or, where the first offset is not 0, z of the patient's axes.
 *
 * @throws ImageError when there is not one offset for each frame
 * @see DICOM PS3.3 C.8.8.3.2
 */
export function dosePlacements(plane: Placement, offsets: readonly number[], frames: number): Placement[] {
  const { position, orientation } = plane;
  if (offsets.length !== frames)
    throw new ImageError('unreadable', `it has ${frames} frames, and a Grid Frame Offset Vector of ${offsets.length} values`);
  if (!position || !orientation) return offsets.map(() => ({ ...plane, position: undefined }));
  const absolute = offsets[0] !== 0;
  if (absolute && Math.abs(offsets[0] - position[2]) > SAME_PLACE)
    throw new ImageError('unreadable', `its Grid Frame Offset Vector begins with ${offsets[0]}: neither 0 nor z of its position, ${position[2]}`);
  const normal = absolute ? [0, 0, 1] : normalOf(orientation);
  return offsets.map((offset) => ({
    ...plane, position: along(position, normal, offset - offsets[0]),
  }));
} // prettier-ignore
