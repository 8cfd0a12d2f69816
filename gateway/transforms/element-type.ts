import { z } from 'zod';
import { cast, elementTypes, type ElementType } from '../imaging/ops/intensity/cast';
import type { Volume } from '../imaging/volume';
import { perKey, withoutEffect } from './arguments';
import { mapVoxels } from './map-voxels';

/** What Python, numpy and torch call the types otherwise; `float` and `int` are Python's, which numpy takes for 64 bits. */
const otherNames: Readonly<Record<string, ElementType>> = {
  float: 'float64',
  double: 'float64',
  half: 'float16',
  int: 'int64',
  long: 'int64',
  short: 'int16',
  bool_: 'bool',
  'torch.float': 'float32',
  'torch.int': 'int32',
};

/** A type of numbers as configs write it: `float32`, `np.uint8`, `torch.long`, … */
export const elementType = z.string().transform((given, context): ElementType => {
  const full = given.replace(/^\$/, '');
  const name = full.replace(/^(np|numpy|torch)\./, '');
  const type = otherNames[full] ?? otherNames[name] ?? elementTypes.find((known) => known === name);
  if (type) return type;
  context.addIssue({ code: 'custom', message: `"${given}" is not a type that images have here; expected one of ${elementTypes.join(', ')}` }); // prettier-ignore
  return z.NEVER;
});

/** The type of a result. Null is that of the image. */
export const resultType = elementType.nullable().default('float32');

/** The argument of steps whose result is of the image's type unless another is named. */
export const typeOrSame = elementType.nullable().default(null);

/** The `dtype` of steps that resample: their result is float32 whatever it says. */
export const resamplingType = withoutEffect(
  'precision',
  perKey(
    elementType.pipe(z.enum(['float32', 'float64'], { error: 'expected float32 or float64, in which images are resampled' })).nullable(),
  ).optional(),
); // prettier-ignore

/** The volume with its values as another type, cut and wrapped as numpy does; null leaves them. */
export function ofType(volume: Volume, type: ElementType | null): Volume {
  return type === null ? volume : mapVoxels(volume, (data) => cast(data, type));
}

/** The name of the type in which the values of a volume lie. */
export function typeOf({ data }: Volume): ElementType {
  return data.constructor.name.replace('Array', '').toLowerCase() as ElementType;
}
