import type { Polygon, SlicePolygons } from './mask-to-polygons';

interface Crossing {
  column: number;
  /** +1 where the ring runs downwards, -1 upwards. */
  direction: 1 | -1;
}

/**
 * Fills polygons into one slice of a mask: pixels whose centre the rings wind around (non-zero winding number), and the pixels on their
 * lines. Borders traced from a mask give that mask back: holes are traced the other way round, so they wind to zero.
 * @param slice `rows * columns` pixels, columns fastest; pixels inside become `value`, others stay. Parts outside of the slice are cut off
 */
export function fillPolygons(slice: Uint8Array, columns: number, polygons: SlicePolygons, value = 1): void {
  const rows = slice.length / columns;
  const crossings = crossingsByRow(polygons, rows);
  for (const [row, list] of crossings) fillRow(slice.subarray(row * columns, (row + 1) * columns), list, value);
  for (const polygon of polygons) {
    polygon.forEach((point, index) => {
      for (const [column, row] of line(point, polygon[(index + 1) % polygon.length]))
        if (column >= 0 && column < columns && row >= 0 && row < rows) slice[row * columns + column] = value;
    });
  }
}

/** Where the edges cut the centre lines of the rows; an edge owns its upper end, not its lower one. */
function crossingsByRow(polygons: SlicePolygons, rows: number): Map<number, Crossing[]> {
  const byRow = new Map<number, Crossing[]>();
  for (const [[x0, y0], [x1, y1]] of polygons.flatMap(edges)) {
    const direction = y1 > y0 ? 1 : -1;
    const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
    for (let row = Math.max(0, Math.ceil(top)); row < Math.min(bottom, rows); row++) {
      const column = x0 + ((row - y0) * (x1 - x0)) / (y1 - y0);
      const list = byRow.get(row);
      if (list) list.push({ column, direction });
      else byRow.set(row, [{ column, direction }]);
    }
  }
  return byRow;
}

function edges(polygon: Polygon): (readonly [Polygon[number], Polygon[number]])[] {
  return polygon.map((point, index) => [point, polygon[(index + 1) % polygon.length]] as const);
}

function fillRow(row: Uint8Array, crossings: Crossing[], value: number): void {
  crossings.sort((a, b) => a.column - b.column);
  let winding = 0;
  crossings.forEach(({ column, direction }, index) => {
    winding += direction;
    if (winding === 0) return;
    const start = Math.max(0, Math.ceil(column));
    const end = Math.min(row.length - 1, Math.floor(crossings[index + 1]?.column ?? column));
    if (start <= end) row.fill(value, start, end + 1);
  });
}

/** The pixels of a straight line, ends included: one per step along its longer axis. */
function* line([x0, y0]: Polygon[number], [x1, y1]: Polygon[number]): Generator<readonly [number, number]> {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  if (steps === 0) return yield [Math.round(x0), Math.round(y0)];
  for (let step = 0; step <= steps; step++) {
    yield [Math.round(x0 + ((x1 - x0) * step) / steps), Math.round(y0 + ((y1 - y0) * step) / steps)];
  }
}
