import { z } from 'zod';
import { cutBox } from '../../imaging/ops/crop/cut-box';
import { lineModes, padByLine, type LineMode } from '../../imaging/ops/copy/pad-by-line';
import type { Padding } from '../../imaging/ops/resample/gather';
import type { Affine, Volume } from '../../imaging/volume';
import type { Sample } from '../sample';
import { actedAxes, actedShape } from './depth-first';

/** A box on the spatial axes of an image: first index and length of each, in the order of the array. It may reach beyond the image. */
export interface Box {
  start: readonly number[];
  size: readonly number[];
}

/** What a crop or pad leaves for its inverse. */
interface BoxState {
  start: readonly number[];
  /** Lengths before it. */
  shape: readonly number[];
  affine?: Affine;
}

/** numpy's names of padding modes, torch's where they differ, and what the kernel calls them. */
const modes = {
  constant: 'constant',
  edge: 'replicate',
  replicate: 'replicate',
  reflect: 'reflect',
  symmetric: 'symmetric',
  wrap: 'wrap',
  circular: 'wrap',
  minimum: 'minimum',
  maximum: 'maximum',
  mean: 'mean',
  median: 'median',
  linear_ramp: 'linear_ramp',
} as const satisfies Record<string, Padding['mode'] | LineMode>;

/** What stands beyond an image: an index of it, a value, or what the line says. */
interface BoxPadding {
  mode: Padding['mode'] | LineMode;
  value?: number;
}

const modeNames = Object.keys(modes) as [keyof typeof modes, ...(keyof typeof modes)[]];

export const paddingMode = z.enum(modeNames, { error: `expected one of ${modeNames.join(', ')}` });

/** The values that pad a constant, under numpy's and torch's names. */
export const paddingValue = { constant_values: z.number().optional(), value: z.number().optional() };

export function paddingOf(
  mode: z.infer<typeof paddingMode>,
  values: { constant_values?: number; value?: number } = {},
): BoxPadding {
  return { mode: modes[mode], value: values.constant_values ?? values.value ?? 0 };
}

/** One length for all axes or one per axis; in MONAI's pads and crops 0 and below keep an axis. */
export const spatialSize = z.union([z.number().int(), z.array(z.number().int()).min(1).max(3)]);

/** `size` for each of the axes that are `lengths` long. @throws Error when there is another number of them */
export function sizesFor(name: string, size: number | readonly number[], lengths: readonly number[]): number[] {
  const sizes = typeof size === 'number' ? lengths.map(() => size) : size;
  if (sizes.length !== lengths.length)
    throw new Error(`${name} has ${sizes.length} numbers, the image has ${lengths.length} spatial axes`);
  return sizes.map((wanted, d) => (wanted > 0 ? wanted : lengths[d]));
}

/** Cuts the box out of the image and records how to put it back. */
export function cut(
  sample: Sample,
  transform: string,
  key: string,
  volume: Volume,
  box: Box,
  padding?: BoxPadding,
): Volume {
  if (box.size.some((length) => length <= 0))
    throw new Error(
      `nothing is left of "${key}": the box of [${box.size.join(', ')}] from [${box.start.join(', ')}] on is empty`,
    );
  const state: BoxState = { start: box.start, shape: actedShape(volume), affine: volume.affine };
  sample.history.push({ transform, field: key, state });
  return cutActed(volume, box, padding);
}

/** The inverse of a crop is a pad with zeros, that of a pad a crop. */
export function uncut(volume: Volume, state: unknown): Volume {
  const { start, shape, affine } = state as BoxState;
  return { ...cutActed(volume, { start: start.map((first) => -first), size: shape }), affine };
}

/** Cuts a box of the spatial axes; the others stay whole. */
export function cutActed(volume: Volume, { start, size }: Box, padding?: BoxPadding): Volume {
  const axes = actedAxes(volume);
  if (axes.length !== start.length)
    throw new Error(`a box of ${start.length} axes does not fit an image with the axes ${volume.axes}`);
  const first = volume.shape.map(() => 0);
  const shape = [...volume.shape];
  axes.forEach((d, n) => {
    first[d] = start[n];
    shape[d] = size[n];
  });
  if (!padding || !isLineMode(padding.mode)) return cutBox(volume, first, shape, padding as Padding | undefined);
  const from = first.map((at) => Math.max(at, 0));
  const inside = shape.map((n, d) => Math.min(first[d] + n, volume.shape[d]) - from[d]);
  if (inside.some((n) => n <= 0))
    throw new Error(`a box beside the image cannot be padded with the ${padding.mode} of its lines`);
  const before = first.map((at) => Math.max(-at, 0));
  const after = shape.map((n, d) => n - before[d] - inside[d]);
  return padByLine(cutBox(volume, from, inside), before, after, padding.mode);
}

const isLineMode = (mode: string): mode is LineMode => lineModes.some((known) => known === mode);
