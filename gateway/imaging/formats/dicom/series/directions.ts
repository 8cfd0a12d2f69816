import { ImageError } from '../../../image-error';
import { cross, dot, lengthOf, unit, type Vector } from '../vectors';
import { tolerances } from './tolerances';

/** The axes of a slice: unit vectors, LPS, at right angles. */
export interface Directions {
  row: Vector;
  column: Vector;
  normal: Vector;
  /** How far the numbers in the header are from that. */
  error: number;
}

/**
 * The axes that an Image Orientation (Patient) means, whatever its digits: the normal across both, the column kept, the row turned into a right angle
 * with it, as ITK does.
 *
 * @throws ImageError when the numbers are no pair of directions
 * @see DICOM PS3.3 C.7.6.2.1.1; ITK 5.4, GDCMImageIO
 */
export function directionsOf(orientation: Vector): Directions {
  const [x, y] = [orientation.slice(0, 3), orientation.slice(3)];
  const error = Math.max(Math.abs(lengthOf(x) - 1), Math.abs(lengthOf(y) - 1), Math.abs(dot(x, y)));
  if (!(error <= tolerances.orthonormal)) {
    throw new ImageError('unreadable', `the orientation [${orientation.join(', ')}] is not a pair of directions`);
  }
  const normal = unit(cross(x, y));
  const row = unit(cross(y, normal));
  return { row, column: cross(normal, row), normal, error };
}
