import { roundHalfToEven } from '../../../imaging/ops/resample/round-half-to-even';
import { moved, negative, originOf, overlap, perAxis, volumeOf, wholeOf, type Box, type Three } from './boxes';
import { roundToHalf } from '../../../half';
import type { Options } from './options';
import { cutPicture, shrinkPicture, type Picture } from './picture';
import { HalfMeans, poolCube, windowsOf } from './pooling';
import type { Look } from './prompts';
import type { SparseHalves } from './sparse-halves';

const { fround } = Math;

/** What the network is shown. */
export interface Scene {
  picture: Picture;
  /** Of prompts, in the network's order. */
  channels: readonly SparseHalves[];
  intensity: number;
  options: Options;
}

/** The part of the image that a patch shows, and its voxels. */
export interface Frame {
  box: Box;
  size: Three;
  isZoomed: boolean;
}

export function frameOf({ centre, zoom }: Look, { patch }: Options): Frame {
  const size = perAxis((d) => roundHalfToEven(patch[d] * zoom));
  const box = perAxis((d) => [centre[d] - Math.floor(size[d] / 2), centre[d] + Math.floor(size[d] / 2) + (size[d] % 2)] as const);
  return { box, size, isZoomed: size.some((n, d) => n !== patch[d]) };
} // prettier-ignore

/**
 * The network's input: the image, then the channels of prompts; all but the previous mask are divided by the intensity of the last prompt.
 * @param input zeros, [1 + channels, ...patch]
 */
export function fillInput({ picture, channels, intensity, options }: Scene, { box, size, isZoomed }: Frame, zoom: number, input: Float32Array): void {
  const { patch } = options;
  const n = volumeOf(patch);
  if (isZoomed) shrinkPicture(picture, box, size, patch, input);
  else cutPicture(picture, box, patch, input);
  const thin = thinChannels(options);
  const width = oddNearest(zoom * 2 - 1);
  for (let c = 0; c < options.promptChannels; c++) {
    const faded = c === options.channels.previous || intensity === 1 ? undefined : fading(intensity);
    const out = input.subarray((c + 1) * n, (c + 2) * n);
    if (isZoomed) shrinkPrompts(channels[c], box, size, patch, thin.has(c) ? width : 1, out, faded);
    else cutPrompts(channels[c], box, patch, out, faded);
  }
} // prettier-ignore

/** A quotient of halves is one. */
export const fading = (intensity: number) => (value: number) => roundToHalf(value / fround(intensity));

/** Points and scribbles are thickened before they are made smaller: they would vanish. */
function thinChannels({ channels, supported }: Options): Set<number> {
  return new Set((['points', 'scribble'] as const).flatMap((kind) => (supported[kind] ? channels[kind] : [])));
}

function oddNearest(value: number): number {
  if (Math.ceil(value) % 2 === 1) return Math.ceil(value);
  return Math.floor(value) % 2 === 1 ? Math.floor(value) : roundHalfToEven(value) + 1;
}

function cutPrompts(channel: SparseHalves, box: Box, size: Three, out: Float32Array, change?: (value: number) => number): void {
  const inside = overlap(box, wholeOf(channel.shape));
  if (!inside) return;
  const [x, y, z] = perAxis((d) => inside[d][0] - box[d][0]);
  channel.read(inside, out, [size[1] * size[2], size[2]], (x * size[1] + y) * size[2] + z, change);
} // prettier-ignore

/** Area averages of a box of a channel, after a maximum over cubes of `width`. */
function shrinkPrompts(channel: SparseHalves, box: Box, from: Three, to: Three, width: number, out: Float32Array, change?: (value: number) => number): void {
  const { bounds } = channel;
  const inside = bounds && overlap(box, bounds);
  if (!inside) return;
  const r = (width - 1) / 2;
  const origin = originOf(box);
  const local = moved(inside, negative(origin));
  const [, [gy0, gy1], [gz0, gz1]] = perAxis((d) => [Math.max(0, local[d][0] - r), Math.min(from[d], local[d][1] + r)] as const);
  const windows = perAxis((d) => windowsOf(from[d], to[d]));
  const [ny, nz] = [gy1 - gy0, gz1 - gz0];
  const means = new HalfMeans();
  windows[0].forEach(([s0, s1], x) => {
    if (s1 <= local[0][0] - r || s0 >= local[0][1] + r) return;
    const [p0, p1] = [Math.max(0, s0 - r), Math.min(from[0], s1 + r)];
    const slab = new Float32Array((p1 - p0) * ny * nz);
    const read = overlap(moved([[p0, p1], [gy0, gy1], [gz0, gz1]], origin), inside);
    if (!read) return;
    const [rx, ry, rz] = originOf(moved(read, negative(origin)));
    channel.read(read, slab, [ny * nz, nz], ((rx - p0) * ny + ry - gy0) * nz + rz - gz0);
    if (width > 1) poolCube(slab, [p1 - p0, ny, nz], width);
    windows[1].forEach(([t0, t1], y) => {
      if (t1 <= gy0 || t0 >= gy1) return;
      windows[2].forEach(([u0, u1], z) => {
        if (u1 <= gz0 || u0 >= gz1) return;
        const window = [s0 - p0, s1 - p0, Math.max(t0, gy0) - gy0, Math.min(t1, gy1) - gy0, Math.max(u0, gz0) - gz0, Math.min(u1, gz1) - gz0];
        const sum = sumOf(slab, ny, nz, window, means);
        if (sum === 0) return;
        const mean = means.mean(sum, [s1 - s0, t1 - t0, u1 - u0]);
        out[(x * to[1] + y) * to[2] + z] = change ? change(mean) : mean;
      });
    });
  });
} // prettier-ignore

function sumOf(slab: Float32Array, ny: number, nz: number, [x0, x1, y0, y1, z0, z1]: readonly number[], means: HalfMeans): number {
  let equal = 0;
  let count = 0;
  let sum = 0;
  for (let x = x0; x < x1; x++)
    for (let y = y0; y < y1; y++)
      for (let at = (x * ny + y) * nz + z0, end = at + z1 - z0; at < end; at++) {
        const value = slab[at];
        if (value === 0) continue;
        if (count === 0) equal = value;
        if (count >= 0 && value === equal) count++;
        else {
          if (count > 0) sum = means.sumOfEqual(equal, count);
          count = -1;
          sum = roundToHalf(sum + value);
        }
      }
  return count > 0 ? means.sumOfEqual(equal, count) : sum;
} // prettier-ignore

/** The previous mask on the six faces of a patch, where a zoomed one takes the nearest voxel. */
export function previousOn({ channels, options }: Pick<Scene, 'channels' | 'options'>, { box, size }: Frame): (x: number, y: number, z: number) => number {
  const { patch } = options;
  const mask = channels[options.channels.previous];
  const places = perAxis((d) => Array.from({ length: patch[d] }, (_, n) => box[d][0] + Math.min(size[d] - 1, Math.floor(fround(n * fround(size[d] / patch[d]))))));
  const isIn = places.map((axis, d) => axis.map((at) => at >= 0 && at < mask.shape[d]));
  return (x, y, z) => (isIn[0][x] && isIn[1][y] && isIn[2][z] ? mask.at(places[0][x], places[1][y], places[2][z]) : 0);
} // prettier-ignore
