import { z } from 'zod';
import { ioOrientation, orientationBetween, type Orientation } from '../../imaging/affine';
import { keysArguments, lazyArgument, metadataArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { forEachKey } from './for-each-key';
import { turned, unturned } from './turns';

/** World axis and direction of each letter. */
const LETTERS: Record<string, Orientation[number]> = {
  R: { axis: 0, sign: 1 },
  L: { axis: 0, sign: -1 },
  A: { axis: 1, sign: 1 },
  P: { axis: 1, sign: -1 },
  S: { axis: 2, sign: 1 },
  I: { axis: 2, sign: -1 },
};

const axcodes = z
  .string()
  .regex(/^[RLAPSI]{3}$/, { error: 'expected three letters such as "RAS"' })
  .refine((codes) => new Set([...codes].map((code) => LETTERS[code].axis)).size === 3, {
    error: 'two letters name the same axis',
  });

export const orientationd = defineTransform({
  name: 'Orientationd',
  dialect: 'monai',
  summary: 'Flips and permutes the axes to the given directions; no interpolation, the affine follows.',
  source: 'transforms.md §7.2; nibabel orientations',
  args: z.strictObject({
    ...keysArguments,
    axcodes: axcodes.nullable().default(null),
    as_closest_canonical: stringyBoolean.default(false),
    labels: z.unknown().optional(),
    ...lazyArgument,
    ...metadataArguments,
  }),
  apply(sample, args) {
    const codes = args.as_closest_canonical ? 'RAS' : args.axcodes;
    if (!codes) throw new Error('Orientationd needs axcodes, or as_closest_canonical');
    forEachKey(sample, args, (volume, _, key) => {
      if (!volume.affine) throw new Error(`"${key}" has no affine, so its orientation is not known`);
      const wanted = [...codes].map((code) => LETTERS[code]);
      const turn = orientationBetween(ioOrientation(volume.affine), wanted);
      return turned(sample, 'Orientationd', key, volume, turn);
    });
  },
  invert: unturned,
});
