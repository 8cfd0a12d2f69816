import type { Request } from 'express';
import { z } from 'zod';
import { readQuery } from '../../gateway/http/request-params';

const schema = z.object({ model: z.string().optional() });
const read = (query: Record<string, unknown>) => readQuery(schema, { query } as unknown as Request);

test('a query as long as clients send it is read', () => {
  const keys = Array.from({ length: 99 }, (_, at) => [`key${at}`, 'x']);
  expect(read({ model: 'm'.repeat(2000), ...Object.fromEntries(keys) })).toEqual({ model: 'm'.repeat(2000) });
});

test.each([
  [{ model: 'm'.repeat(2001) }, 'the value of "model" in the query has 2001 characters, at most 2000 are read'],
  [Object.fromEntries(Array.from({ length: 101 }, (_, at) => [at, 'x'])), 'the query has 101 keys, at most 100'],
])('a longer one is refused', (query, message) => {
  expect(() => read(query)).toThrow(expect.objectContaining({ code: 'BAD_PARAMS', status: 400 }));
  expect(() => read(query)).toThrow(message);
});
