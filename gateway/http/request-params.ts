import type { Request } from 'express';
import type { z } from 'zod';
import type { QuerySchema } from '../contract/queries';
import { fail } from '../errors';
import { known, say } from '../sentence';

const MOST_KEYS = 100;
const LONGEST_VALUE = 2000;
const SHOWN = 60;

/**
 * The query of a request as its endpoint's schema reads it. Keys without a value count as absent, unknown ones are ignored.
 * @throws BAD_PARAMS for more keys or longer values than anybody sends, and naming the key, the value and what was expected
 */
export function readQuery<S extends QuerySchema>(schema: S, { query }: Request): z.output<S> {
  const keys = Object.keys(query).length;
  if (keys > MOST_KEYS)
    throw fail('BAD_PARAMS', { what: say`the query has ${keys} keys, at most ${MOST_KEYS} are read` });
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
  const long = Object.keys(given).find((key) => String(given[key]).length > LONGEST_VALUE);
  if (long !== undefined)
    throw fail('BAD_PARAMS', {
      what: `the value of "${long.slice(0, SHOWN)}" in the query has ${String(given[long]).length} characters, at most ${LONGEST_VALUE} are read`,
    });
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const name = String(path[0]);
  const value = given[name];
  throw fail('BAD_PARAMS', {
    what: value === undefined ? known(message) : say`${known(name)} is ${JSON.stringify(value)}, ${known(message)}`,
  });
}
