import type { Point, Polygon, SlicePolygons } from './mask-to-polygons';

/** One vertex that was dragged. */
export interface VertexMove {
  slice: number;
  polygon: number;
  vertex: number;
  /** How far it was dragged: `[columns, rows]`. */
  offset: Point;
  /** Vertices on each side that follow. */
  neighbours: number;
  /** Slices on each side that follow. */
  slices: number;
}

/**
 * The polygons after one vertex was dragged; its neighbours on the ring and the nearest vertices of the slices around follow, less the
 * farther they are: by `1 - d/(n+1)` at distance d of n, in the ring and across slices alike. Points are rounded to whole pixels.
 * The rule is written out in docs/reference/polygons.md.
 * @param polygons one entry per slice, as before the move; not changed
 * @param size columns and rows of a slice; moved points stay inside
 */
export function moveVertex(polygons: readonly SlicePolygons[], move: VertexMove, size: Point): SlicePolygons[] {
  const moved = [...polygons];
  const edited = polygons[move.slice][move.polygon];
  const replace = (slice: number, polygon: number, vertex: number, weight: number) => {
    const ring = polygons[slice][polygon];
    moved[slice] = polygons[slice].map((other, index) =>
      index === polygon ? bend(ring, vertex, move, weight, size) : other,
    );
  };
  replace(move.slice, move.polygon, move.vertex, 1);

  const reach = diagonal(edited) / 2;
  for (const direction of [-1, 1]) {
    let point = edited[move.vertex];
    for (let distance = 1; distance <= move.slices; distance++) {
      const slice = move.slice + direction * distance;
      const nearest = nearestVertex(polygons[slice] ?? [], point);
      // The structure ends here; what else lies in the slice is not it.
      if (!nearest || nearest.distance > reach) break;
      replace(slice, nearest.polygon, nearest.vertex, falloff(distance, move.slices));
      point = polygons[slice][nearest.polygon][nearest.vertex];
    }
  }
  return moved;
}

const falloff = (distance: number, reach: number) => 1 - distance / (reach + 1);

/** Moves a vertex of a ring and its neighbours; in a short ring each vertex follows once, by its nearer way round. */
function bend(ring: Polygon, vertex: number, { offset, neighbours }: VertexMove, weight: number, size: Point): Polygon {
  return ring.map((point, index) => {
    const apart = Math.abs(index - vertex);
    const distance = Math.min(apart, ring.length - apart);
    if (distance > neighbours) return point;
    const share = weight * falloff(distance, neighbours);
    return [0, 1].map((axis) => clamp(Math.round(point[axis] + offset[axis] * share), size[axis])) as unknown as Point;
  });
}

const clamp = (value: number, length: number) => Math.max(0, Math.min(length - 1, value)) + 0;

/** Length of the diagonal of the bounding box. */
function diagonal(ring: Polygon): number {
  const extent = (axis: 0 | 1) => {
    const values = ring.map((point) => point[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  return Math.hypot(extent(0), extent(1));
}

function nearestVertex(polygons: SlicePolygons, [column, row]: Point) {
  let best: { polygon: number; vertex: number; distance: number } | undefined;
  polygons.forEach((ring, polygon) =>
    ring.forEach(([x, y], vertex) => {
      const distance = Math.hypot(x - column, y - row);
      if (!best || distance < best.distance) best = { polygon, vertex, distance };
    }),
  );
  return best;
}
