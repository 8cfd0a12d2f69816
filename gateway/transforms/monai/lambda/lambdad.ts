import { z } from 'zod';
import type { Volume } from '../../../imaging/volume';
import { flag, onKeys, only, orNull, perKey, valueFor, withoutEffect } from '../../arguments';
import { monai } from '../../definition';
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

monai({
  name: 'Lambdad',
  summary:
    'An expression over the channels of the image, `lambda x: …`: x, x[[0, 2]], x[1:], numbers, + - * /, comparisons, &, |, and torch’s or numpy’s where, clamp or clip, nan_to_num, abs and casts, also as methods (`x.clamp(min=0)`); other Python is refused.',
  args: onKeys({
    func: perKey(lambda),
    inv_func: z.null({ error: 'Invertd passes over this step; a function that undoes it cannot be run' }).default(null),
    track_meta: withoutEffect('container', flag.optional()),
    overwrite: only(true, 'the result takes the place of the image'),
  }),
  voxelWise: () => true,
  change: (volume, { func }, { index }) => evaluateOn(volume, parseLambda(valueFor(func, index))),
});

/** `select_fn`: which values are foreground, as a lambda that can be run. Null: those above 0. */
export const selectFn = orNull(lambda);

/** An image whose values above 0 are where those of `volume` are selected; results other than 0 are true, as in Python. */
export function selected(volume: Volume, select: string | null): Volume {
  if (select === null) return volume;
  const expression = parseLambda(select);
  return evaluateOn(volume, { kind: 'combine', operator: '!=', a: expression, b: { kind: 'number', value: 0 } });
}
