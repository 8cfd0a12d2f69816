import { ImageError } from '../../../image-error';
import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import type { PixelFormat } from '../frames/frame';
import type { FrameMeaning, FrameScopes } from './scopes';

/**
 * The Real World Value Mapping of a frame, for objects without a rescale; undefined when there is none.
 *
 * @throws ImageError when there are several, or a table does not reach over all stored values
 * @see DICOM PS3.3 C.7.6.16.2.11
 */
export function realWorldMapping({ frame, shared, object }: FrameScopes, format: PixelFormat): FrameMeaning | undefined {
  const items = [frame, shared, object]
    .map((set) => set?.items(tags.realWorldValueMapping) ?? [])
    .find((list) => list.length > 0);
  if (!items) return undefined;
  if (items.length > 1) {
    const list = items.map((item) => nameOf(item) || 'one without a name').join(', ');
    throw new ImageError('unsupported', `it has no rescale and ${items.length} real world value mappings (${list}); which is meant cannot be guessed`);
  }
  const [item] = items;
  const name = nameOf(item);
  const warning = `has no rescale: its Real World Value Mapping${name && ` (${name})`} was applied, which ITK does not do`;
  const table = item.f64s(tags.mappingTable);
  if (table.length > 0) return { meaning: { first: firstOf(item, table, format), table }, warning };
  const [[slope], [intercept]] = [item.f64s(tags.mappingSlope), item.f64s(tags.mappingIntercept)];
  if (slope === undefined || intercept === undefined || slope === 0 || !Number.isFinite(slope + intercept))
    throw new ImageError('unreadable', `its Real World Value Mapping has the slope ${slope} and the intercept ${intercept}`);
  return { meaning: { slope, intercept }, warning };
} // prettier-ignore

function nameOf(item: DataSet): string {
  return item.text(tags.mappingLabel) || (item.items(tags.measurementUnits)[0]?.text(tags.codeMeaning) ?? '');
}

/** Stored value of the first entry. @throws ImageError unless there is an entry for each value that the pixels can have */
function firstOf(item: DataSet, { length }: readonly number[], { signed, bitsStored }: PixelFormat): number {
  const stored = item.u16(tags.firstMapped);
  const first = stored === undefined ? NaN : signed ? (stored << 16) >> 16 : stored;
  const [lowest, highest] = signed ? [-(2 ** (bitsStored - 1)), 2 ** (bitsStored - 1) - 1] : [0, 2 ** bitsStored - 1];
  if (first <= lowest && first + length - 1 >= highest) return first;
  const range = `stored values from ${first} to ${first + length - 1}`;
  throw new ImageError('unsupported', `its Real World Value Mapping is a table for ${range}, and its pixels go from ${lowest} to ${highest}`);
} // prettier-ignore
