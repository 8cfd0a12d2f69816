import { z } from 'zod';

const show = (value: unknown) => JSON.stringify(value) ?? String(value);

/** True and false as configs write them: `true`, `"false"`, `"True"`, `0`, `1` (NVIDIA's own example holds `"false"`). */
export const stringyBoolean = z.unknown().transform((value, context): boolean => {
  const text = Array.isArray(value) ? '' : String(value).toLowerCase();
  if (['true', '1'].includes(text)) return true;
  if (['false', '0'].includes(text)) return false;
  context.addIssue({ code: 'custom', message: `expected true or false, got ${show(value)}` });
  return z.NEVER;
});

/** Names of fields: one, or a list of them; always a list afterwards. */
export const fieldNames = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: 'expected the name of a field or a list of names',
  })
  .transform((names) => (typeof names === 'string' ? [names] : names));

export const fieldName = z.string().min(1);

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
export function withoutEffect(why: keyof typeof reasonsWithoutEffect): z.ZodOptional<z.ZodUnknown>;
export function withoutEffect<T extends z.ZodType>(why: keyof typeof reasonsWithoutEffect, schema: T): T;
export function withoutEffect(why: keyof typeof reasonsWithoutEffect, schema: z.ZodType = z.unknown().optional()) {
  return schema.meta({ withoutEffect: why });
}

/** The arguments for metadata that most MONAI transforms once had. */
export const metadataArguments = {
  meta_keys: withoutEffect('metadata'),
  meta_key_postfix: withoutEffect('metadata'),
};

export const lazyArgument = { lazy: withoutEffect('lazy') };

/** A number or one per spatial axis; all above zero. */
export const positive = z.number().positive();

/** One value for all spatial axes, or a list with one per axis. */
export function perAxis<T extends z.ZodType<number>>(one: T) {
  return z.union([one, z.array(one).min(2).max(3)]);
}

/** The values of an argument made with `perAxis`, one per axis. @throws Error when the list has another length */
export function eachAxis(argument: string, value: number | readonly number[], axes: number): number[] {
  if (typeof value === 'number') return new Array<number>(axes).fill(value);
  if (value.length === axes) return [...value];
  throw new Error(`${argument} has ${value.length} numbers, the image has ${axes} spatial axes`);
}

/** What every MONAI dictionary transform takes. */
export const keysArguments = {
  keys: fieldNames,
  allow_missing_keys: stringyBoolean.default(false),
};

/** An argument that may be given once for all keys or once per key. */
export function perKey<T extends z.ZodType<string | number | boolean | null>>(one: T) {
  return z.union([one, z.array(one).min(1)]);
}

/** The value for key number `index` of an argument made with `perKey`. @throws Error when the list is too short */
export function valueFor<T>(values: T | readonly T[], index: number): T {
  if (!Array.isArray(values)) return values as T;
  if (index >= values.length)
    throw new Error(`a list of ${values.length} values (${show(values)}) for ${index + 1} or more keys`);
  return values[index] as T;
}

/**
 * Takes arguments under other spellings too: where Clara's documents name a transform and not its arguments, all plausible names are taken
 * (`transforms.md` §15). A spelling beside the name it stands for stays, and is refused as unknown.
 *
 * @param spellings other name -> name in the schema
 */
export function withSpellings<T extends z.ZodType>(schema: T, spellings: Readonly<Record<string, string>>) {
  return z.preprocess((args) => {
    if (args === null || typeof args !== 'object' || Array.isArray(args)) return args;
    const named = (name: string) =>
      Object.hasOwn(spellings, name) && !(spellings[name] in args) ? spellings[name] : name;
    return Object.fromEntries(Object.entries(args).map(([name, value]) => [named(name), value]));
  }, schema);
}

/** Takes arguments under the names of Clara 1.x too: `applied_key(s)` is `fields`; `dropped` ones are no longer needed. */
export function withLegacyNames<T extends z.ZodType>(schema: T, dropped: readonly string[] = []) {
  return z.preprocess((args) => {
    if (args === null || typeof args !== 'object' || Array.isArray(args)) return args;
    const entries = Object.entries(args).filter(([name]) => !dropped.includes(name));
    return Object.fromEntries(entries.map(([name, value]) => [/^applied_keys?$/.test(name) ? 'fields' : name, value]));
  }, schema);
}
