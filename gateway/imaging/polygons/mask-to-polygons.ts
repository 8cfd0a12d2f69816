import { ImageError } from '../image-error';
import { spatialAxes, type Volume } from '../volume';
import { say } from '../../sentence';

/** A point of a slice: `[column, row]`, where the image's axis X counts rows and its axis Y columns. */
export type Point = readonly [column: number, row: number];

/** A closed ring of points; the last is joined to the first. */
export type Polygon = readonly Point[];

/** One slice's polygons, outer borders and borders of holes. */
export type SlicePolygons = readonly Polygon[];

/** More points than any mask has: a scan that was sent in its place would fill the memory with the borders of its noise. */
const MAX_POINTS = 5_000_000;
/** Borders of at most this many points are never thinned. */
const SHORT = 5;

/**
 * The borders of a mask, slice by slice along its third axis: one entry per slice, `[]` for an empty one; a 2-D mask has one slice.
 * Everything but background is foreground, whatever its label. A channel axis is ignored but for its first channel.
 * @param options `morePoints`: border pixels left out between two points that are kept. @default 0
 * @throws ImageError when the borders have more than five million points
 * @see docs/reference/polygons.md
 */
export function maskToPolygons(mask: Volume, { morePoints = 0 } = {}): SlicePolygons[] {
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
      throw new ImageError('unsupported', say`its borders have more than ${MAX_POINTS} points; is it a mask?`);
    return polygons;
  });
}

function thin(border: Polygon, step: number): Polygon {
  return border.length > SHORT ? border.filter((_, index) => index % step === 0) : border;
}

interface Border {
  isHole: boolean;
  /** Index of the border around this one; 0 is the frame of the picture. */
  parent: number;
  points: Point[];
  children: number[];
}

/** A binary picture with a frame of zeros, in which the borders found so far are marked. */
interface Picture {
  /** 0 background, 1 foreground; ±n on a pixel of border n, negative where the right neighbour is outside. */
  marks: Int32Array;
  /** Pixels from one row to the next, frame included. */
  stride: number;
}

/**
 * All borders between foreground and background, outer ones and those of holes, pixel by pixel (8-connected foreground).
 * Order: a border before those inside of it; among siblings the one found last in raster order first.
 * @param isInside whether the pixel in this row and column is foreground
 * @see S. Suzuki, K. Abe: Topological structural analysis of digitized binary images by border following.
 * Computer Vision, Graphics, and Image Processing 30 (1985) 32-46, algorithm 1
 */
export function followBorders(
  rows: number,
  columns: number,
  isInside: (row: number, column: number) => boolean,
): Polygon[] {
  const stride = columns + 2;
  const marks = new Int32Array(stride * (rows + 2));
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (isInside(row, column)) marks[(row + 1) * stride + column + 1] = 1;

  // Borders are numbered from 1 in the paper, where 1 is the frame (a hole border); here it is borders[0].
  const borders: Border[] = [{ isHole: true, parent: 0, points: [], children: [] }];
  const picture = { marks, stride };
  for (let row = 1; row <= rows; row++) {
    let last = 1;
    for (let at = row * stride + 1; at <= row * stride + columns; at++) {
      const mark = marks[at];
      if (mark === 0) continue;
      const startsOuter = mark === 1 && marks[at - 1] === 0;
      const startsHole = !startsOuter && mark >= 1 && marks[at + 1] === 0;
      if (startsOuter || startsHole) {
        if (startsHole && mark > 1) last = mark;
        const parent = parentOf(borders, last - 1, startsHole);
        const index = borders.push({ isHole: startsHole, parent, points: [], children: [] }) - 1;
        borders[parent].children.push(index);
        borders[index].points = follow(picture, at, startsHole ? at + 1 : at - 1, index + 1);
      }
      if (marks[at] !== 1) last = Math.abs(marks[at]);
    }
  }
  return inTreeOrder(borders);
}

/** Table 1 of the paper: borders of the same kind are siblings, of different kinds parent and child. */
function parentOf(borders: readonly Border[], last: number, isHole: boolean): number {
  return borders[last].isHole === isHole ? borders[last].parent : last;
}

/** Step 3 of the algorithm: walks once around the border that starts at `start`, coming from its neighbour `outside`. */
function follow({ marks, stride }: Picture, start: number, outside: number, number: number): Point[] {
  // Neighbours counterclockwise as a picture is seen (row 0 on top): right, up-right, up, ...
  const around = [1, 1 - stride, -stride, -1 - stride, -1, stride - 1, stride, stride + 1];
  const pointAt = (at: number): Point => [(at % stride) - 1, Math.floor(at / stride) - 1];

  const first = clockwise(marks, around, start, around.indexOf(outside - start));
  if (first < 0) {
    marks[start] = -number;
    return [pointAt(start)];
  }
  const last = start + around[first];
  const points: Point[] = [];
  for (let [here, from] = [start, first]; ;) {
    points.push(pointAt(here));
    let rightIsOutside = false;
    let to = from;
    do {
      to = (to + 1) & 7;
      if (marks[here + around[to]] !== 0) break;
      rightIsOutside ||= to === 0;
    } while (to !== from);
    if (rightIsOutside) marks[here] = -number;
    else if (marks[here] === 1) marks[here] = number;
    const next = here + around[to];
    if (next === start && here === last) return points;
    here = next;
    // The direction back to where we came from.
    from = (to + 4) & 7;
  }
}

/** The first foreground neighbour clockwise from direction `from`; -1 for a lone pixel. */
function clockwise(marks: Int32Array, around: readonly number[], at: number, from: number): number {
  for (let turn = 1; turn <= 8; turn++) {
    const direction = (from - turn + 16) & 7;
    if (marks[at + around[direction]] !== 0) return direction;
  }
  return -1;
}

/** Parents first, siblings backwards; a stack, since rings inside of rings can be deep. */
function inTreeOrder(borders: readonly Border[]): Polygon[] {
  const ordered: Polygon[] = [];
  const waiting = [...borders[0].children];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    ordered.push(borders[index].points);
    waiting.push(...borders[index].children);
  }
  return ordered;
}
