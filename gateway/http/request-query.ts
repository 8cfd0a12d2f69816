import type { Request } from 'express';
import { z } from 'zod';
import { fail } from '../errors';

/** A schema for a query; what it refuses is said by its own message, which begins with what was expected. */
export type QuerySchema = z.ZodObject<Record<string, z.ZodType>>;

/**
 * The query of a request as its route's schema reads it. Keys without a value count as absent, unknown ones are ignored (`aiaa-api.md` §1.1).
 * @throws BAD_PARAMS naming the key, the value and what was expected
 */
export function readQuery<S extends QuerySchema>(schema: S, { query }: Request): z.output<S> {
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const name = String(path[0]);
  const value = given[name];
  throw fail('BAD_PARAMS', { what: value === undefined ? message : `${name} is ${JSON.stringify(value)}, ${message}` });
}

/** A text; a key that is there twice is none. */
export function queryText(description: string) {
  return z.string('expected one text').optional().describe(description);
}

/** One of these words. */
export function queryChoice<const T extends readonly [string, ...string[]]>(choices: T, description: string) {
  const expected = choices.length > 1 ? `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}` : choices[0];
  return z.enum(choices, `expected ${expected}`).describe(description);
}
