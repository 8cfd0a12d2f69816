import { roundHalfToEven } from '../../../imaging/ops/resample/round-half-to-even';
import { overlap, perAxis, sizeOfBox, wholeOf, type Box, type Three } from './boxes';
import { numbersOfHalves, roundToHalf, toHalf } from '../../../half';
import type { SparseHalves } from './sparse-halves';

const halves = numbersOfHalves();

/**
 * The values of a point's ball: the distance to the nearest voxel outside of it, divided by the largest one.
 * @returns (2·radius + 1)³ numbers from 0 to 1
 */
export function ballOf(radius: number): Float64Array {
  const edge = 2 * radius + 1;
  const outside: number[][] = [];
  const inside: number[][] = [];
  for (let at = 0; at < edge ** 3; at++) {
    const place = [Math.floor(at / edge / edge), Math.floor(at / edge) % edge, at % edge];
    const squares = place.reduce((sum, n) => sum + (n - radius) ** 2, 0);
    (squares <= radius * radius ? inside : outside).push([...place, at]);
  }
  const ball = new Float64Array(edge ** 3);
  for (const [x, y, z, at] of inside) {
    let nearest = Infinity;
    for (const [a, b, c] of outside) nearest = Math.min(nearest, (a - x) ** 2 + (b - y) ** 2 + (c - z) ** 2);
    ball[at] = Math.sqrt(nearest);
  }
  const largest = ball.reduce((most, value) => Math.max(most, value), 0);
  return ball.map((value) => value / largest);
}

/** Lays a ball over what is there, the larger number of each voxel. */
export function placePoint(channel: SparseHalves, centre: Three, { ball, radius }: { ball: Float64Array; radius: number }, intensity: number): void {
  const edge = 2 * radius + 1;
  const box = overlap(perAxis((d) => [centre[d] - radius, centre[d] + radius + 1] as const), wholeOf(channel.shape));
  if (!box) return;
  const [ox, oy, oz] = perAxis((d) => centre[d] - radius);
  channel.write(box, (x, y, z0, z1, block, at) => {
    for (let z = z0; z < z1; z++, at++) raise(block, at, toHalf(ball[((x - ox) * edge + y - oy) * edge + z - oz] * intensity));
  });
} // prettier-ignore

/** Fills a box within the image. */
export function fillBox(channel: SparseHalves, box: Box, intensity: number): void {
  const half = toHalf(intensity);
  channel.write(box, (_x, _y, z0, z1, block, at) => void block.fill(half, at, at + z1 - z0));
}

/** Numbers of a box of the image, in C order. */
export interface Mask {
  data: ArrayLike<number>;
  box: Box;
}

/** Lays a mask over what is there, the larger number of each voxel. The product is one of half precision, as NumPy makes it. */
export function layMask(channel: SparseHalves, { data, box }: Mask, within: Box, intensity: number): void {
  const factor = roundToHalf(intensity);
  const [, ny, nz] = sizeOfBox(box);
  channel.write(within, (x, y, z0, z1, block, at) => {
    let from = ((x - box[0][0]) * ny + y - box[1][0]) * nz - box[2][0] + z0;
    for (let z = z0; z < z1; z++, at++, from++) {
      const value = data[from];
      if (value !== 0) raise(block, at, intensity === 1 ? toHalf(value) : toHalf(roundToHalf(value) * factor));
    }
  });
}

const raise = (block: Uint16Array, at: number, half: number) => {
  if (halves[half] > halves[block[at]]) block[at] = half;
};

/** The part of a mask's box with numbers other than 0. */
export function occupiedOf({ data, box }: Mask): Box | undefined {
  const [nx, ny, nz] = sizeOfBox(box);
  const seen = [new Uint8Array(nx), new Uint8Array(ny), new Uint8Array(nz)];
  for (let x = 0, at = 0; x < nx; x++)
    for (let y = 0; y < ny; y++)
      for (let z = 0; z < nz; z++, at++) if (data[at] !== 0) seen[0][x] = seen[1][y] = seen[2][z] = 1;
  if (!seen[0].includes(1)) return undefined;
  return perAxis((d) => [box[d][0] + seen[d].indexOf(1), box[d][0] + seen[d].lastIndexOf(1) + 1] as const);
}

/** Where the network looks after a prompt, and by how much the patch is enlarged. */
export interface Look {
  centre: Three;
  zoom: number;
}

/** Around a box: a third of a patch of context. */
export function lookAt(box: Box, patch: Three): Look {
  const sizes = sizeOfBox(box);
  return {
    centre: perAxis((d) => roundHalfToEven((box[d][0] + box[d][1]) / 2)),
    zoom: Math.max(1, ...sizes.map((size, d) => (size + Math.floor(patch[d] / 3)) / patch[d])),
  };
}

/** A box of whole voxels within the image, at least one voxel thick: bounds are rounded, half to even. */
export function clippedBox(given: readonly (readonly number[])[], shape: Three): Box {
  return perAxis((d) => {
    const from = Math.max(0, roundHalfToEven(given[d][0]));
    const to = Math.min(shape[d], roundHalfToEven(given[d][1]));
    if (to > from) return [from, to] as const;
    return from === 0 ? ([0, 1] as const) : ([from - 1, to] as const);
  });
}
