import type { Request } from 'express';
import type { z } from 'zod';
import type { QuerySchema } from '../contract/queries';
import { fail } from '../errors';

/**
 * The query of a request as its endpoint's schema reads it. Keys without a value count as absent, unknown ones are ignored.
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
