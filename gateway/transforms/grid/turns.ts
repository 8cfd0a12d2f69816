import { z } from 'zod';
import {
  applyOrientation,
  inverseOrientation,
  ioOrientation,
  orientationBetween,
  UNTURNED,
  type Orientation,
} from '../../imaging/geometry';
import { reorderAxes, spatialAxes, spatialLetters, type Affine, type Axes, type Volume } from '../../imaging/volume';
import { integer, lazyArgument, metadataArguments, off, oneOrMore, onKeys, orNull } from '../arguments';
import { monai, type GivenDefinition, type Step } from '../definition';

/** The trace of a step that flips and permutes axes, for its inverse. */
export interface TurnState {
  turn: Orientation;
  affine?: Affine;
  /** Order of the axes before it, where that changes. */
  axes?: Axes;
}

/** A step that flips and permutes axes, the affine following. */
function turnTransform<Args>({
  turn: turnOf,
  ...definition
}: GivenDefinition<Args> & { turn(volume: Volume, args: Args, field: string): Orientation }) {
  return monai<Args>({
    ...definition,
    change: (volume, args, step) => turned(volume, turnOf(volume, args, step.field), step),
    invert: unturned,
  });
}

function turned(volume: Volume, turn: Orientation, { field, record }: Step): Volume {
  if (spatialLetters(volume) === 'ZXY')
    throw new Error(`"${field}" is depth first (axes ${volume.axes}); turn it before its depth is moved to the front`);
  record({ turn, affine: volume.affine, axes: volume.axes } satisfies TurnState);
  return applyOrientation(volume, turn);
}

/** Undoes a recorded turn. */
function unturned(volume: Volume, state: unknown): Volume {
  const { turn, affine } = state as TurnState;
  return { ...applyOrientation(volume, inverseOrientation(turn)), affine };
}

/** The ends of the axes of the world: against it, along it. */
const WORLD = [
  ['L', 'R'],
  ['P', 'A'],
  ['I', 'S'],
] as const;

const pair = z.tuple([z.string(), z.string()], { error: 'expected the names of both ends of an axis' });

export const orientationd = turnTransform({
  name: 'Orientationd',
  summary:
    'Flips and permutes the axes to the given directions (of a picture the first two letters); no interpolation, the affine follows. `labels` names the two ends of each axis of the world, against it and along it.',
  example: { axcodes: 'RAS' },
  source: 'nibabel orientations',
  args: onKeys({
    axcodes: orNull(
      z.string().regex(/^.{2,3}$/, { error: 'expected three letters such as "RAS", or two for pictures' }),
    ),
    as_closest_canonical: off,
    labels: orNull(z.array(pair).min(2).max(3)),
    ...lazyArgument,
    ...metadataArguments,
  }).superRefine(({ axcodes, as_closest_canonical: canonical, labels }, context) => {
    if (canonical) return;
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['axcodes'], message });
    if (axcodes === null) refuse('needs axcodes, or as_closest_canonical');
    else directionsOf(axcodes, labels ?? WORLD, refuse);
  }),
  turn(volume, { axcodes, labels, as_closest_canonical: canonical }, field) {
    if (!volume.affine) throw new Error(`"${field}" has no affine, so its orientation is not known`);
    const now = ioOrientation(volume.affine);
    const wanted = canonical ? directionsOf('RAS', WORLD) : directionsOf(axcodes!, labels ?? WORLD);
    const count = spatialAxes(volume).length;
    if (wanted.length < count)
      throw new Error(`axcodes "${axcodes}" has ${wanted.length} letters, the image has ${count} spatial axes`);
    return orientationBetween(now, [...wanted.slice(0, count), ...now.slice(count)]);
  },
});

/** The axis of the world and the direction that each letter names. @param refuse is told what is wrong; then the result is of no use */
function directionsOf(
  codes: string,
  labels: readonly (readonly [string, string])[],
  refuse: (message: string) => void = () => undefined,
): Orientation {
  const directions = [...codes].map((code) => {
    const axis = labels.findIndex((ends) => ends.includes(code));
    if (axis < 0) refuse(`"${code}" is not one of ${labels.flat().join(', ')}`);
    return { axis, sign: labels[axis]?.[0] === code ? (-1 as const) : (1 as const) };
  });
  if (new Set(directions.map(({ axis }) => axis)).size < codes.length) refuse('two letters name the same axis');
  return directions;
}

/** Number of a spatial axis, counted from the end when negative. @throws Error when the image has no such axis */
function axisOf(given: number, volume: Volume): number {
  const count = spatialAxes(volume).length;
  const axis = given < 0 ? given + count : given;
  if (axis < 0 || axis >= count) throw new Error(`the image has ${count} spatial axes, there is no axis ${given}`);
  return axis;
}

turnTransform({
  name: 'Flipd',
  summary:
    'Mirrors the image along spatial axes (counted without the channel), all of them by default; the affine follows.',
  example: { spatial_axis: 0 },
  source: 'numpy flip',
  args: onKeys({
    spatial_axis: orNull(oneOrMore(integer)),
    ...lazyArgument,
  }),
  turn(volume, { spatial_axis: given }) {
    const all = spatialAxes(volume).map((_, d) => d);
    const flipped = given === null ? all : [given].flat().map((axis) => axisOf(axis, volume));
    return UNTURNED.map(({ axis }) => ({ axis, sign: flipped.includes(axis) ? -1 : 1 }));
  },
});

turnTransform({
  name: 'Rotate90d',
  summary: 'Turns the image by `k` quarter turns from the first of two spatial axes to the second; the affine follows.',
  source: 'numpy rot90',
  args: onKeys({
    k: integer.default(1),
    spatial_axes: z.tuple([integer, integer]).default([0, 1]),
    ...lazyArgument,
  }),
  turn(volume, { k, spatial_axes: axes }) {
    const [a, b] = axes.map((axis) => axisOf(axis, volume));
    if (a === b) throw new Error(`spatial_axes [${axes.join(', ')}] name one axis twice`);
    return quarterTurns(k, a, b);
  },
});

/** numpy's rot90: one quarter turn is a flip of `b`, then `a` and `b` change places. */
function quarterTurns(k: number, a: number, b: number): Orientation {
  const turn = UNTURNED.map((old) => ({ ...old }));
  const quarter = ((k % 4) + 4) % 4;
  if (quarter === 2) turn[a].sign = turn[b].sign = -1;
  if (quarter % 2 === 0) return turn;
  turn[a] = { axis: b, sign: quarter === 1 ? 1 : -1 };
  turn[b] = { axis: a, sign: quarter === 1 ? -1 : 1 };
  return turn;
}

monai({
  name: 'Transposed',
  summary:
    'Puts the axes of the array, channel included, into another order (reversed by default); the affine follows.',
  source: 'numpy transpose',
  args: onKeys({
    indices: orNull(z.array(integer.min(0)).min(2).max(4)),
  }),
  change(volume, args, step) {
    const rank = volume.shape.length;
    const indices = args.indices ?? [...new Array<undefined>(rank).keys()].reverse();
    const refuse = (what: string) => new Error(`indices [${indices.join(', ')}] ${what}`);
    if (indices.length !== rank || new Set(indices).size !== rank || indices.some((i) => i >= rank))
      throw refuse(`are not an order of the ${rank} axes of "${step.field}" (channel included)`);
    const letters = indices.map((d) => volume.axes[d]);
    const spatial = letters.filter((letter) => letter !== 'C');
    const turn = [...UNTURNED];
    spatial.forEach((letter, axis) => (turn['XYZ'.indexOf(letter)] = { axis, sign: 1 }));
    const channel = letters.indexOf('C');
    if (channel > 0 && channel < rank - 1)
      throw refuse(`put the channels of "${step.field}" between spatial axes; they stay first or last here`);
    const names = 'XYZ'.slice(0, spatial.length);
    const axes = (channel < 0 ? names : channel === 0 ? `C${names}` : `${names}C`) as Axes;
    return reorderAxes(turned(volume, turn, step), axes);
  },
  invert(volume, state) {
    const back = unturned(volume, state);
    const { axes } = state as TurnState;
    // A result may have channels where the image had none.
    return axes && axes.length === back.axes.length ? reorderAxes(back, axes) : back;
  },
});
