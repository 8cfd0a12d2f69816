import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import type { Placement } from './frame';

/** Position and orientation of a plane, as an image or its functional group says them; empty without a position. */
export function planeOf(set: DataSet): Placement {
  const position = set.vector(tags.position, 3);
  if (!position) return {};
  return { position, positionDigits: digitsOf(set.text(tags.position)), orientation: set.vector(tags.orientation, 6) };
}

/** Digits behind the point of the longest number. */
function digitsOf(text: string): number {
  return Math.max(...text.split('\\').map((part) => (/e/i.test(part) ? 9 : (/\.(\d+)/.exec(part)?.[1].length ?? 0))));
}
