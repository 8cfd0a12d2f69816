import { z } from 'zod';
import { spatialAxes } from '../../imaging/volume';
import { ioOrientation, orientationBetween, type Orientation } from '../../imaging/geometry';
import { keysArguments, lazyArgument, metadataArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { forEachKey } from './for-each-key';
import { turned, unturned } from './turns';

/** The ends of the axes of the world: against it, along it. */
const WORLD = [['L', 'R'], ['P', 'A'], ['I', 'S']] as const; // prettier-ignore

const pair = z.tuple([z.string(), z.string()], { error: 'expected the names of both ends of an axis' });

export const orientationd = defineTransform({
  name: 'Orientationd',
  dialect: 'monai',
  summary:
    'Flips and permutes the axes to the given directions (of a picture the first two letters); no interpolation, the affine follows. `labels` names the two ends of each axis of the world, against it and along it.',
  source: 'transforms.md §7.2; nibabel orientations',
  args: z
    .strictObject({
      ...keysArguments,
      axcodes: z
        .string()
        .regex(/^.{2,3}$/, { error: 'expected three letters such as "RAS", or two for pictures' })
        .nullable()
        .default(null),
      as_closest_canonical: stringyBoolean.default(false),
      labels: z.array(pair).min(2).max(3).nullable().default(null),
      ...lazyArgument,
      ...metadataArguments,
    })
    .superRefine(({ axcodes, as_closest_canonical: canonical, labels }, context) => {
      if (canonical) return;
      if (axcodes === null) context.addIssue({ code: 'custom', path: ['axcodes'], message: 'needs axcodes, or as_closest_canonical' });
      else directionsOf(axcodes, labels ?? WORLD, (message) => context.addIssue({ code: 'custom', path: ['axcodes'], message }));
    }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      if (!volume.affine) throw new Error(`"${key}" has no affine, so its orientation is not known`);
      const now = ioOrientation(volume.affine);
      const wanted = args.as_closest_canonical ? directionsOf('RAS', WORLD) : directionsOf(args.axcodes!, args.labels ?? WORLD);
      const count = spatialAxes(volume).length;
      if (wanted.length < count) throw new Error(`axcodes "${args.axcodes}" has ${wanted.length} letters, the image has ${count} spatial axes`);
      return turned(sample, 'Orientationd', key, volume, orientationBetween(now, [...wanted.slice(0, count), ...now.slice(count)]));
    });
  },
  invert: unturned,
}); // prettier-ignore

/** The axis of the world and the direction that each letter names. @param refuse is told what is wrong; then what is returned is of no use */
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
