/** Half-open range of voxels along an axis. It may go beyond the image. */
export type Range = readonly [from: number, to: number];
/** One range per axis of the image, slowest axis first. */
export type Box = readonly [Range, Range, Range];
export type Three = readonly [number, number, number];

const map = <A>(make: (d: 0 | 1 | 2) => A): [A, A, A] => [make(0), make(1), make(2)];
export const perAxis = map;

export const sizeOfBox = (box: Box): [number, number, number] => map((d) => box[d][1] - box[d][0]);
export const volumeOf = ([x, y, z]: Three): number => x * y * z;
export const wholeOf = (shape: Three): Box => map((d) => [0, shape[d]] as const);
/** In the coordinates of a frame that begins at `origin`. */
export const moved = (box: Box, by: Three): Box => map((d) => [box[d][0] + by[d], box[d][1] + by[d]] as const);
export const originOf = (box: Box): Three => map((d) => box[d][0]);
export const negative = (by: Three): Three => map((d) => -by[d]);

/** The part of a box in another one; undefined where there is none. */
export function overlap(one: Box, other: Box): Box | undefined {
  const box = map((d) => [Math.max(one[d][0], other[d][0]), Math.min(one[d][1], other[d][1])] as const);
  return box.every(([from, to]) => from < to) ? box : undefined;
}

/** The smallest box around boxes. */
export function around(first: Box, ...others: readonly Box[]): Box {
  const all = [first, ...others];
  return map((d) => [Math.min(...all.map((box) => box[d][0])), Math.max(...all.map((box) => box[d][1]))] as const);
}

/** Grows around the voxels that it is shown. */
export class Bounds {
  private readonly from = [Infinity, Infinity, Infinity];
  private readonly to = [-Infinity, -Infinity, -Infinity];

  /** Voxels `z0` to `z1`, half-open, of the row (x, y). */
  add(x: number, y: number, z0: number, z1: number): void {
    const { from, to } = this;
    if (x < from[0]) from[0] = x;
    if (x >= to[0]) to[0] = x + 1;
    if (y < from[1]) from[1] = y;
    if (y >= to[1]) to[1] = y + 1;
    if (z0 < from[2]) from[2] = z0;
    if (z1 > to[2]) to[2] = z1;
  }

  get box(): Box | undefined {
    return this.from[0] === Infinity ? undefined : map((d) => [this.from[d], this.to[d]] as const);
  }
}
