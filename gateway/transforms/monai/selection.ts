import { z } from 'zod';
import type { Volume } from '../../imaging/volume';
import { evaluateOn } from './lambda/evaluate';
import { parseLambda } from './lambda/parse';

/** `select_fn`: which values are foreground, as a lambda that can be run. Null: those above 0. */
export const selectFn = z
  .string()
  .superRefine((text, context) => {
    try {
      parseLambda(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  })
  .nullable()
  .default(null);

/** An image whose values above 0 are where those of `volume` are selected; results other than 0 are true, as in Python. */
export function selected(volume: Volume, select: string | null): Volume {
  if (select === null) return volume;
  const expression = parseLambda(select);
  return evaluateOn(volume, { kind: 'combine', operator: '!=', a: expression, b: { kind: 'number', value: 0 } });
}
