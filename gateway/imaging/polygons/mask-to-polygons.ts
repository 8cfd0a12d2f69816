import { ImageError } from '../image-error';
import { spatialAxes, type Volume } from '../volume';
import { followBorders } from './border-following';
import type { Polygon, SlicePolygons } from './polygon';

/** More points than any mask has: a scan that was sent in its place would fill the memory with the borders of its noise. */
const MAX_POINTS = 5_000_000;
/** Borders of at most this many points are never thinned. */
const SHORT = 5;

export interface MaskToPolygonsOptions {
  /** Border pixels left out between two points that are kept. @default 0 */
  morePoints?: number;
}

/**
 * The borders of a mask, slice by slice along its third axis: one entry per slice, `[]` for an empty one; a 2-D mask has one slice.
 * Everything but background is foreground, whatever its label. A channel axis is ignored but for its first channel.
 * @throws ImageError when the borders have more than five million points
 * @see docs/reference/polygons.md
 */
export function maskToPolygons(mask: Volume, { morePoints = 0 }: MaskToPolygonsOptions = {}): SlicePolygons[] {
  const [x, y, z] = spatialAxes(mask);
  const [rows, columns, slices] = [mask.shape[x], mask.shape[y], z === undefined ? 1 : mask.shape[z]];
  const [rowStep, columnStep, sliceStep] = [mask.strides[x], mask.strides[y], z === undefined ? 0 : mask.strides[z]];
  let points = 0;
  return Array.from({ length: slices }, (_, slice) => {
    const isInside = (row: number, column: number) =>
      mask.data[slice * sliceStep + row * rowStep + column * columnStep] !== 0;
    const polygons = followBorders(rows, columns, isInside).map((border) => thin(border, morePoints + 1));
    points += polygons.reduce((sum, { length }) => sum + length, 0);
    if (points > MAX_POINTS)
      throw new ImageError('unsupported', `its borders have more than ${MAX_POINTS} points; is it a mask?`);
    return polygons;
  });
}

function thin(border: Polygon, step: number): Polygon {
  return border.length > SHORT ? border.filter((_, index) => index % step === 0) : border;
}
