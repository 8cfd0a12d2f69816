import { z } from 'zod';
import { keysArguments, perKey, stringyBoolean, valueFor, withoutEffect } from '../../arguments';
import { defineTransform } from '../../definition';
import { forEachKey } from '../for-each-key';
import { evaluateOn } from './evaluate';
import { parseLambda } from './parse';

/** The text of a lambda that can be run; it stays text, since a model's arguments are kept as JSON. */
const lambda = z.string().superRefine((text, context) => {
  try {
    parseLambda(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

export const lambdad = defineTransform({
  name: 'Lambdad',
  dialect: 'monai',
  summary:
    'An expression over the channels of the image, `lambda x: …`: x, x[[0, 2]], x[1:], numbers, + - * /, comparisons, &, |, and torch’s or numpy’s where, clamp or clip, nan_to_num, abs and casts, also as methods (`x.clamp(min=0)`); other Python is refused.',
  source: 'transforms.md §7.2, §7.6',
  args: z.strictObject({
    ...keysArguments,
    func: perKey(lambda),
    inv_func: z.null({ error: 'Invertd passes over this step; a function that undoes it cannot be run' }).default(null),
    track_meta: withoutEffect('container', stringyBoolean.optional()),
    overwrite: z.literal(true, { error: 'the result takes the place of the image' }).default(true),
  }),
  voxelWise: () => true,
  apply(sample, args) {
    forEachKey(sample, args, (volume, index) => evaluateOn(volume, parseLambda(valueFor(args.func, index))));
  },
});
