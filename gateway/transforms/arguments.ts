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

/** Clara's `dtype`: taken and not acted on, images are float32 (labels whole numbers) until the writer stores them. */
export const ignoredDtype = z.string().default('float32');

/** A number or one per spatial axis; all above zero. */
export const positive = z.number().positive();

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

/** Takes arguments under the names of Clara 1.x too: `applied_key(s)` is `fields`; `dropped` ones are no longer needed. */
export function withLegacyNames<T extends z.ZodType>(schema: T, dropped: readonly string[] = []) {
  return z.preprocess((args) => {
    if (args === null || typeof args !== 'object' || Array.isArray(args)) return args;
    const entries = Object.entries(args).filter(([name]) => !dropped.includes(name));
    return Object.fromEntries(entries.map(([name, value]) => [/^applied_keys?$/.test(name) ? 'fields' : name, value]));
  }, schema);
}
