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

/** Marks an argument that is checked and not acted on: the reference page says so. Those of type `unknown` need no mark. */
export function ignored<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ignored: true });
}

/** Clara's `dtype`: images are float32 (labels whole numbers) until the writer stores them. */
export const ignoredDtype = ignored(z.string().default('float32'));

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
