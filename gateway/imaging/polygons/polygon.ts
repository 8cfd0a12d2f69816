/** A point of a slice: `[column, row]`, where the image's axis X counts rows and its axis Y columns. */
export type Point = readonly [column: number, row: number];

/** A closed ring of points; the last is joined to the first. */
export type Polygon = readonly Point[];

/** One slice's polygons, outer borders and borders of holes. */
export type SlicePolygons = readonly Polygon[];
