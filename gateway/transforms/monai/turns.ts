import { z } from 'zod';
import { applyOrientation, type Orientation } from '../../imaging/geometry';
import { reorderAxes, spatialAxes, spatialLetters, type Affine, type Axes, type Volume } from '../../imaging/volume';
import { keysArguments, lazyArgument } from '../arguments';
import { defineTransform } from '../definition';
import type { Sample } from '../sample';
import { forEachKey } from './for-each-key';

/** What a step that flips and permutes axes leaves for its inverse. */
interface TurnState {
  turn: Orientation;
  affine?: Affine;
  /** Order of the axes before it, where that changes. */
  axes?: Axes;
}

const AS_IT_IS: Orientation = [0, 1, 2].map((axis) => ({ axis, sign: 1 }));

/** Turns the image, the affine following, and records it. */
export function turned(sample: Sample, transform: string, key: string, volume: Volume, turn: Orientation): Volume {
  if (spatialLetters(volume) === 'ZXY')
    throw new Error(`"${key}" is depth first (axes ${volume.axes}); turn it before its depth is moved to the front`);
  const state: TurnState = { turn, affine: volume.affine, axes: volume.axes };
  sample.history.push({ transform, field: key, state });
  return applyOrientation(volume, turn);
}

/** Undoes a recorded turn. */
export function unturned(volume: Volume, state: unknown): Volume {
  const { turn, affine } = state as TurnState;
  return { ...applyOrientation(volume, inverseOf(turn)), affine };
}

/** The turn that undoes `turn`. */
export function inverseOf(turn: Orientation): Orientation {
  return turn.map((_, axis) => {
    const from = turn.findIndex((old) => old.axis === axis);
    return { axis: from, sign: turn[from].sign };
  });
}

const axisNumber = z.number().int();

/** Number of a spatial axis, counted from the end when negative. @throws Error when the image has no such axis */
function axisOf(given: number, volume: Volume): number {
  const count = spatialAxes(volume).length;
  const axis = given < 0 ? given + count : given;
  if (axis < 0 || axis >= count) throw new Error(`the image has ${count} spatial axes, there is no axis ${given}`);
  return axis;
}

export const flipd = defineTransform({
  name: 'Flipd',
  dialect: 'monai',
  summary: 'Mirrors the image along spatial axes (counted without the channel), all of them by default; the affine follows.',
  source: 'transforms.md §7.2; numpy flip',
  args: z.strictObject({
    ...keysArguments,
    spatial_axis: z.union([axisNumber, z.array(axisNumber).min(1)]).nullable().default(null),
    ...lazyArgument,
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      const all = spatialAxes(volume).map((__, d) => d);
      const flipped = args.spatial_axis === null ? all : [args.spatial_axis].flat().map((axis) => axisOf(axis, volume));
      const turn = AS_IT_IS.map(({ axis }) => ({ axis, sign: flipped.includes(axis) ? (-1 as const) : (1 as const) }));
      return turned(sample, 'Flipd', key, volume, turn);
    });
  },
  invert: unturned,
}); // prettier-ignore

export const rotate90d = defineTransform({
  name: 'Rotate90d',
  dialect: 'monai',
  summary: 'Turns the image by `k` quarter turns from the first of two spatial axes to the second; the affine follows.',
  source: 'transforms.md §7.2; numpy rot90',
  args: z.strictObject({
    ...keysArguments,
    k: z.number().int().default(1),
    spatial_axes: z.tuple([axisNumber, axisNumber]).default([0, 1]),
    ...lazyArgument,
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      const [a, b] = args.spatial_axes.map((axis) => axisOf(axis, volume));
      if (a === b) throw new Error(`spatial_axes [${args.spatial_axes.join(', ')}] name one axis twice`);
      return turned(sample, 'Rotate90d', key, volume, quarterTurns(args.k, a, b));
    });
  },
  invert: unturned,
});

/** numpy's rot90: one quarter turn is a flip of `b`, then `a` and `b` change places. */
function quarterTurns(k: number, a: number, b: number): Orientation {
  const turn = AS_IT_IS.map((old) => ({ ...old }));
  const quarter = ((k % 4) + 4) % 4;
  if (quarter === 2) turn[a].sign = turn[b].sign = -1;
  if (quarter % 2 === 0) return turn;
  turn[a] = { axis: b, sign: quarter === 1 ? 1 : -1 };
  turn[b] = { axis: a, sign: quarter === 1 ? -1 : 1 };
  return turn;
}

export const transposed = defineTransform({
  name: 'Transposed',
  dialect: 'monai',
  summary: 'Puts the axes of the array, channel included, into another order (reversed by default); the affine follows.',
  source: 'transforms.md §7.2; numpy transpose',
  args: z.strictObject({ ...keysArguments, indices: z.array(z.number().int().min(0)).min(2).max(4).nullable().default(null) }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      const indices = args.indices ?? volume.shape.map((__, d) => volume.shape.length - 1 - d);
      if (indices.length !== volume.shape.length || new Set(indices).size !== indices.length || indices.some((i) => i >= indices.length))
        throw new Error(`indices [${indices.join(', ')}] are not an order of the ${volume.shape.length} axes of "${key}" (channel included)`);
      const letters = indices.map((d) => volume.axes[d]);
      const spatial = letters.filter((letter) => letter !== 'C');
      const turn = [...AS_IT_IS];
      spatial.forEach((letter, axis) => (turn['XYZ'.indexOf(letter)] = { axis, sign: 1 }));
      const channel = letters.indexOf('C');
      if (channel > 0 && channel < letters.length - 1)
        throw new Error(`indices [${indices.join(', ')}] put the channels of "${key}" between spatial axes; they stay first or last here`);
      const names = 'XYZ'.slice(0, spatial.length);
      const axes = (channel < 0 ? names : channel === 0 ? `C${names}` : `${names}C`) as Axes;
      return reorderAxes(turned(sample, 'Transposed', key, volume, turn), axes);
    });
  },
  invert(volume, state) {
    const back = unturned(volume, state);
    const { axes } = state as TurnState;
    // A result may have channels where the image had none.
    return axes && axes.length === back.axes.length ? reorderAxes(back, axes) : back;
  },
}); // prettier-ignore
