import { fillPolygons } from '../../../gateway/imaging/polygons/fill-polygons';
import { moveVertex } from '../../../gateway/imaging/polygons/move-vertex';
import type { Point, Polygon } from '../../../gateway/imaging/polygons/mask-to-polygons';

const size: Point = [100, 80];
/** An octagon around (50, 40). */
const ring: Polygon = [[50, 20], [36, 26], [30, 40], [36, 54], [50, 60], [64, 54], [70, 40], [64, 26]]; // prettier-ignore
const move = { slice: 0, polygon: 0, vertex: 0, offset: [8, -4] as Point, neighbours: 0, slices: 0 };
const shifts = (after: Polygon, before = ring) => after.map(([x, y], i) => [x - before[i][0], y - before[i][1]]);
const still = (count: number) => Array.from({ length: count }, () => [0, 0]);

test('one vertex moves alone', () => {
  const [[after]] = moveVertex([[ring]], move, size);
  expect(shifts(after)).toEqual([[8, -4], ...still(7)]);
});

test('neighbours follow by 1 - d/(n+1), around the ring', () => {
  const [[after]] = moveVertex([[ring]], { ...move, neighbours: 3 }, size);
  expect(shifts(after)).toEqual([[8, -4], [6, -3], [4, -2], [2, -1], [0, 0], [2, -1], [4, -2], [6, -3]]); // prettier-ignore
});

test('in a short ring every vertex follows once', () => {
  const triangle: Polygon = [[10, 10], [20, 10], [15, 20]]; // prettier-ignore
  const [[after]] = moveVertex([[triangle]], { ...move, neighbours: 9 }, size);
  expect(shifts(after, triangle)).toEqual([[8, -4], [7, -4], [7, -4]]); // prettier-ignore
});

test('slices follow at their nearest vertex, less with distance, until the structure ends', () => {
  const far: Polygon = [[5, 75], [6, 75], [5, 76]]; // prettier-ignore
  const slices = [[ring], [far, ring], [ring], [far], [ring]];
  const after = moveVertex(slices, { ...move, slice: 2, slices: 3 }, size);
  expect(shifts(after[2][0])).toEqual([[8, -4], ...still(7)]);
  expect(shifts(after[1][1])).toEqual([[6, -3], ...still(7)]);
  expect(shifts(after[0][0])).toEqual([[4, -2], ...still(7)]);
  expect(after[1][0]).toBe(far);
  // Slice 3 holds another structure only, so nothing moves beyond it either.
  expect([after[3], after[4]]).toEqual([[far], [ring]]);
});

test('points stay in the picture, and the polygons given stay as they were', () => {
  const before = JSON.stringify([[ring]]);
  const polygons = [[ring]];
  const [[after]] = moveVertex(polygons, { ...move, offset: [900, -900] }, size);
  expect(after[0]).toEqual([99, 0]);
  expect(JSON.stringify(polygons)).toBe(before);
});

describe('filling', () => {
  const fill = (polygons: Polygon[], columns = 6, rows = 5) => {
    const slice = new Uint8Array(columns * rows);
    fillPolygons(slice, columns, polygons);
    return Array.from({ length: rows }, (_, row) => slice.subarray(row * columns, (row + 1) * columns).join(''));
  };
  const square: Polygon = [[1, 1], [1, 3], [4, 3], [4, 1]]; // prettier-ignore

  test.each<[string, Polygon[], string[]]>([
    ['a rectangle', [square], ['000000', '011110', '011110', '011110', '000000']],
    ['the same twice: overlaps stay filled', [square, square], ['000000', '011110', '011110', '011110', '000000']],
    ['a hole runs the other way', [[[0, 0], [0, 4], [5, 4], [5, 0]], [...square].reverse()], ['111111', '111111', '110011', '111111', '111111']], // prettier-ignore
    ['what lies outside is cut off', [[[-3, -2], [-3, 1], [9, 1], [9, -2]]], ['111111', '111111', '000000', '000000', '000000']], // prettier-ignore
    ['a point and a line', [[[0, 0]], [[2, 2], [4, 4]]], ['100000', '000000', '001000', '000100', '000010']], // prettier-ignore
    ['nothing', [[]], ['000000', '000000', '000000', '000000', '000000']],
  ])('%s', (_name, polygons, expected) => {
    expect(fill(polygons)).toEqual(expected);
  });
});
