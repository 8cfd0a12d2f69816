import { z } from 'zod';
import { elementTypes, type ElementType } from '../imaging/ops/intensity/cast';

const show = (value: unknown) => JSON.stringify(value) ?? String(value);

/** True and false as configs write them: `true`, `"false"`, `"True"`, `0`, `1` (NVIDIA's own example holds `"false"`). */
export const flag = z.unknown().transform((value, context): boolean => {
  const text = typeof value === 'object' ? '' : String(value).toLowerCase();
  if (['true', '1'].includes(text)) return true;
  if (['false', '0'].includes(text)) return false;
  context.addIssue({ code: 'custom', message: `expected true or false, got ${show(value)}` });
  return z.NEVER;
});
export const off = flag.default(false);

export const fieldName = z.string().min(1);
export const positive = z.number().positive();
export const integer = z.number().int();

/** Names of fields: one, or a list of them; always a list afterwards. */
export const fieldNames = z
  .union([fieldName, z.array(fieldName).min(1)], { error: 'expected the name of a field or a list of names' })
  .transform((names) => (typeof names === 'string' ? [names] : names));

/** Why an argument of MONAI or Clara may be given and changes no number, by the word that the reference page prints. */
export const reasonsWithoutEffect = {
  metadata: 'It names or forms metadata, which an image carries with it here: affine, units and shape follow every step by themselves.',
  container: 'It is about Python’s arrays, tensors and devices; an image is one array in main memory here.',
  layout: 'It tells how axes lie, which is known here: each axis of an image has its letter. One channel is written without an axis.',
  lazy: 'Each step is applied by itself. MONAI’s lazy execution joins resamplings into one, which moves values a little and ignores `nearest`; the asked-for modes win.',
  precision: 'It is the type of sums on the way; they are float64 here, so results differ in the last digits of float32.',
  file: 'It is about files on the server’s disk; results go to the client.',
} as const; // prettier-ignore

/** Marks an argument that changes no number; the reference page prints why. Any value is taken unless a schema is given. */
export function withoutEffect<T extends z.ZodType = z.ZodOptional<z.ZodUnknown>>(
  why: keyof typeof reasonsWithoutEffect,
  schema: T = z.unknown().optional() as unknown as T,
): T {
  return schema.meta({ withoutEffect: why });
}

/** The arguments for metadata that most MONAI transforms once had. */
export const metadataArguments = {
  meta_keys: withoutEffect('metadata'),
  meta_key_postfix: withoutEffect('metadata'),
};

export const lazyArgument = { lazy: withoutEffect('lazy') };

/** An argument that is null when left out. */
export const orNull = <T extends z.ZodType>(schema: T) => schema.nullable().default(null as never);

/** One value, or a list of them. */
export const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)]);

/** An argument of which one value is run. */
export const only = <T extends string | number | boolean>(value: T, error: string) =>
  z.literal(value, { error }).default(value as never);

/** Arguments of every MONAI dictionary transform. */
const keysArguments = { keys: fieldNames, allow_missing_keys: off };

/** The arguments of a MONAI dictionary transform. */
export const onKeys = <T extends z.ZodRawShape>(shape: T) => z.strictObject({ ...keysArguments, ...shape });

/** The arguments of a Clara transform. */
export const onFields = <T extends z.ZodRawShape>(shape: T) => z.strictObject({ fields: fieldNames, ...shape });

/** One value for all spatial axes, or a list with one per axis. */
export const perAxis = <T extends z.ZodType<number>>(one: T, least = 1) =>
  z.union([one, z.array(one).min(least).max(3)]);

/** The values of an argument made with `perAxis`, one per axis. @throws Error when the list has another length */
export function eachAxis(argument: string, value: number | readonly number[], axes: number): number[] {
  if (typeof value === 'number') return new Array<number>(axes).fill(value);
  if (value.length === axes) return [...value];
  throw new Error(`${argument} has ${value.length} numbers, the image has ${axes} spatial axes`);
}

/** An argument that may be given once for all keys or once per key. */
export const perKey = <T extends z.ZodType<string | number | boolean | null>>(one: T) => oneOrMore(one);

/** The value for key number `index` of an argument made with `perKey`. @throws Error when the list is too short */
export function valueFor<T>(values: T | readonly T[], index: number): T {
  if (!Array.isArray(values)) return values as T;
  if (index >= values.length)
    throw new Error(`a list of ${values.length} values (${show(values)}) for ${index + 1} or more keys`);
  return values[index] as T;
}

/**
 * Takes arguments under other spellings too: where Clara's documents name a transform and not its arguments, all plausible names are taken. A
 * spelling beside the name it stands for stays, and is refused as unknown.
 * @param spellings other name -> name in the schema
 */
export function withSpellings<T extends z.ZodType>(schema: T, spellings: Readonly<Record<string, string>>) {
  return renaming(schema, (name, args) =>
    Object.hasOwn(spellings, name) && !(spellings[name] in args) ? spellings[name] : name,
  );
}

/** Takes arguments under the names of Clara 1.x too: `applied_key(s)` is `fields`; `dropped` ones are no longer needed. */
export function withLegacyNames<T extends z.ZodType>(schema: T, dropped: readonly string[] = []) {
  return renaming(schema, (name) =>
    dropped.includes(name) ? undefined : /^applied_keys?$/.test(name) ? 'fields' : name,
  );
}

function renaming<T extends z.ZodType>(schema: T, rename: (name: string, args: object) => string | undefined) {
  return z.preprocess((args) => {
    if (args === null || typeof args !== 'object' || Array.isArray(args)) return args;
    const entries = Object.entries(args).map(([name, value]) => [rename(name, args), value] as const);
    return Object.fromEntries(entries.filter(([name]) => name !== undefined));
  }, schema);
}

/** Other names of the types in Python, numpy and torch; `float` and `int` are Python's, which numpy takes for 64 bits. */
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
  const message = `"${given}" is not a type that images have here; expected one of ${elementTypes.join(', ')}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** The type of a result. Null is that of the image. */
export const resultType = elementType.nullable().default('float32');

/** The argument of steps whose result is of the image's type unless another is named. */
export const typeOrSame = elementType.nullable().default(null);

const sumTypes = z.enum(['float32', 'float64'], {
  error: 'expected float32 or float64, in which images are resampled',
});

/** The `dtype` of steps that resample: their result is always float32. */
export const resamplingType = withoutEffect('precision', perKey(elementType.pipe(sumTypes).nullable()).optional());
