import { ImageError } from '../image-error';
import { countNotFinite, replaceNotFinite, smallestFinite } from '../ops/intensity/not-finite';

/** What becomes of voxels that are NaN or infinite: the smallest finite value, 0, or a refusal of the image. */
export const notFiniteChoices = ['min', 'zero', 'refuse'] as const;
export type NotFinite = (typeof notFiniteChoices)[number];

/**
 * Replaces voxels that are NaN or infinite, in place: registered, masked and computed images have them outside their field of view, and one of
 * them makes a mean, a percentile or a filtered neighbourhood NaN as well.
 *
 * @param count how many there are, when that was counted already
 * @returns a warning with their number; undefined where there is none
 * @throws ImageError when the choice is `refuse`, and for an image without a finite voxel
 */
export function settleNotFinite(
  data: Float32Array,
  name: string,
  choice: NotFinite = 'min',
  count = countNotFinite(data),
): string | undefined {
  if (count === 0) return undefined;
  const found = `${count} of ${data.length} voxels of "${name}" are NaN, infinite or beyond float32`;
  if (count === data.length) throw new ImageError('unreadable', `${found}: there is no other`);
  if (choice === 'refuse')
    throw new ImageError('unreadable', `${found}, and params.nan is "refuse"; "min" and "zero" replace them`);
  const value = choice === 'zero' ? 0 : smallestFinite(data);
  replaceNotFinite(data, value);
  const meaning = choice === 'zero' ? '0' : `${value}, the smallest finite value`;
  return `${found}; they count as ${meaning} (params.nan: min, zero or refuse).`;
}
