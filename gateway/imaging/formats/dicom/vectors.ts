export type Vector = readonly number[];

export const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const lengthOf = (a: Vector) => Math.hypot(a[0], a[1], a[2]);
export const scaled = (a: Vector, factor: number) => a.map((value) => value * factor);
/** a + factor * b */
export const along = (a: Vector, b: Vector, factor: number) => a.map((value, d) => value + factor * b[d]);
export const unit = (a: Vector) => scaled(a, 1 / lengthOf(a));

export function cross([a, b, c]: Vector, [x, y, z]: Vector): number[] {
  return [b * z - c * y, c * x - a * z, a * y - b * x];
}

/** Unit vector across a plane: direction of a row x direction of a column. */
export function normalOf(orientation: Vector): number[] {
  return unit(cross(orientation.slice(0, 3), orientation.slice(3)));
}
