import { z } from 'zod';
import { lineModes, padByLine, type LineMode } from '../../imaging/ops/copy/pad-by-line';
import { cutBox, type Box } from '../../imaging/ops/crop/boxes';
import { foregroundBox, type Bounds } from '../../imaging/ops/labels/foreground';
import type { Padding } from '../../imaging/ops/copy/windows';
import {
  channelAxis,
  channelCount,
  channelView,
  spatialAxes,
  spatialLetters,
  type Affine,
  type Volume,
} from '../../imaging/volume';
import { lazyArgument, perKey, valueFor } from '../arguments';
import { monai, type GivenDefinition, type Step } from '../definition';

/** Letters of the axes that are resampled: MONAI takes the first axis for channels, so without a `C` in front depth (`ZXY`) stays as it is. */
export const resampledLetters = (volume: Volume): string => (volume.axes === 'ZXY' ? 'XY' : spatialLetters(volume));

/** Positions of those axes. */
export const actedAxes = (volume: Volume): number[] => (volume.axes === 'ZXY' ? [1, 2] : spatialAxes(volume));

/** Their lengths. */
export const actedShape = (volume: Volume): number[] => actedAxes(volume).map((d) => volume.shape[d]);

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
} as const satisfies Record<string, BoxPadding['mode']>;

type ModeName = keyof typeof modes;
const modeNames = Object.keys(modes) as [ModeName, ...ModeName[]];

/** The voxels beyond an image: an index of it, a value, or what the line says. */
interface BoxPadding {
  mode: Padding['mode'] | LineMode;
  value?: number;
}

export const paddingMode = z.enum(modeNames, { error: `expected one of ${modeNames.join(', ')}` });

/** How what lies beyond the image is filled; the value of a constant has numpy's name or torch's. */
export const paddingArguments = {
  mode: perKey(paddingMode).default('constant'),
  ...lazyArgument,
  constant_values: z.number().optional(),
  value: z.number().optional(),
};

type PaddingArguments = Partial<Record<'constant_values' | 'value', number>> & { mode?: ModeName | ModeName[] };

export const paddingOf = (mode: ModeName, { constant_values: a, value: b }: PaddingArguments = {}): BoxPadding => ({
  mode: modes[mode],
  value: a ?? b ?? 0,
});

/** A step that cuts images to a box, or pads them to one. @param box for images of these lengths of the acted axes; it may reach beyond the image */
export function boxTransform<Args>({
  box,
  ...definition
}: GivenDefinition<Args> & { box(lengths: number[], args: Args): Box }) {
  return monai<Args>({
    ...definition,
    change: (volume, args, step) => cut(volume, box(actedShape(volume), args), args as PaddingArguments, step),
    invert: uncut,
  });
}

/** The trace of a crop or pad for its inverse. */
interface BoxState {
  start: readonly number[];
  /** Lengths before it. */
  shape: readonly number[];
  affine?: Affine;
}

/** Cuts the box out of the image and records how to put it back. */
export function cut(volume: Volume, box: Box, args: PaddingArguments, { field, index, record }: Step): Volume {
  if (box.size.some((length) => length <= 0))
    throw new Error(
      `nothing is left of "${field}": the box of [${box.size.join(', ')}] from [${box.start.join(', ')}] on is empty`,
    );
  record({ start: box.start, shape: actedShape(volume), affine: volume.affine } satisfies BoxState);
  return cutActed(volume, box, args.mode && paddingOf(valueFor(args.mode, index), args));
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
  const first = volume.shape.map((_, d) => start[axes.indexOf(d)] ?? 0);
  const shape = volume.shape.map((n, d) => size[axes.indexOf(d)] ?? n);
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

/** The smallest box around the values above zero of the given channels (all for null); undefined when there are none. */
export function foregroundBounds(image: Volume, chosen: readonly number[] | null): Bounds | undefined {
  const channels = chosen ?? [...new Array<undefined>(channelCount(image)).keys()];
  const all = channels.flatMap(
    (channel) => foregroundBox(channelAxis(image) < 0 ? image : channelView(image, channel)) ?? [],
  );
  if (all.length === 0) return undefined;
  return {
    first: all[0].first.map((_, d) => Math.min(...all.map(({ first }) => first[d]))),
    last: all[0].last.map((_, d) => Math.max(...all.map(({ last }) => last[d]))),
  };
}
