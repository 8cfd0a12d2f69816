import { GatewayError } from '../../gateway/errors';
import { bundle, clara2, clara3, clara4, parse } from './configs';
import { randomOf } from '../random';

const junk: unknown[] = [
  null,
  undefined,
  true,
  0,
  -1,
  1.5,
  '',
  'x',
  '@x',
  '$x',
  '@image_key',
  [],
  {},
  [[]],
  [null],
  { x: null },
  '__proto__',
  'constructor',
  { constructor: 1 },
  { _target_: 3 },
  'ALL',
  1e308,
];

/** Replaces one value somewhere in `config` by junk. */
function damage(config: unknown, next: () => number): void {
  const places: [Record<string, unknown>, string][] = [];
  const walk = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      walk((value as Record<string, unknown>)[key]);
    }
  };
  walk(config);
  const [owner, key] = places[Math.floor(next() * places.length)];
  owner[key] = structuredClone(junk[Math.floor(next() * junk.length)]);
}

test.each([
  ['clara-2', clara2],
  ['clara-3', clara3],
  ['clara-4', clara4],
  ['monai-bundle', bundle],
])('%s: a damaged config gives a spec or BAD_CONFIG, never another error', (_, make) => {
  const next = randomOf(7);
  let refused = 0;
  for (let round = 0; round < 600; round++) {
    const config = structuredClone(make());
    damage(config, next);
    if (next() < 0.5) damage(config, next);
    try {
      const spec = parse(config);
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    } catch (error) {
      if (!(error instanceof GatewayError))
        throw new Error(`${JSON.stringify(config)} gave ${String(error)}`, { cause: error });
      expect(error.code).toBe('BAD_CONFIG');
      expect(error.message).not.toMatch(/undefined|\[object/);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(100);
});
