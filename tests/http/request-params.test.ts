import type { GatewayError } from '../../gateway/errors';
import {
  deepgrowParams,
  dextr3dParams,
  fixPolygonParams,
  limits,
  type ParamsSchema,
} from '../../gateway/contract/params';
import { parseParams } from '../../gateway/jobs/params';

describe('params of a request', () => {
  test.each([
    [undefined, {}],
    ['', {}],
    ['null', {}],
    ['{}', {}],
    ['{"points": [[1, 2.5, 3]]}', { points: [[1, 2.5, 3]] }],
  ])('%j is %j', (text, expected) => {
    expect(parseParams(text)).toEqual(expected);
  });

  test.each([['[1]'], ['"x"'], ['3'], ['{points: 1}'], ['{"points": ']])('%s is refused and shown', (text) => {
    expect(() => parseParams(text)).toThrow(expect.objectContaining({ code: 'BAD_PARAMS', status: 400 }));
    expect(() => parseParams(text)).toThrow(text);
  });

  test('brackets in brackets are refused where they get too deep for a thread, with a message that can be read', () => {
    const nested = (levels: number) => `{"points": ${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(parseParams(nested(10))).toHaveProperty('points');
    for (const levels of [65, 20_000])
      expect(() => parseParams(nested(levels))).toThrow(/^params has more than 64 levels of brackets: .{1,300}$/);
  });
});

describe('params that a schema reads', () => {
  const many = (count: number) => Array.from({ length: count }, () => [1, 2, 3]);

  test.each([
    { points: many(6) },
    { points: '[[1,2,3]]' },
    { points: [[1.5, 2, 3]], more: { of: 'the client' } },
    { points: null },
    { points: '' },
  ])('%# is taken as it was sent', (params) => {
    expect(parseParams(JSON.stringify(params), dextr3dParams)).toEqual(params);
  });

  test.each([
    [{ foreground: 5 }, 'the parameter "foreground" must be a list of points [[i, j, k], …] in numbers, got 5'],
    [{ foreground: [1, 2, 3] }, 'the parameter "foreground" must be a list of points'],
    [{ background: [['a']] }, 'the parameter "background" must be'],
    [{ foreground: 'here' }, 'the parameter "foreground" is a string that is not JSON: here'],
    [{ current_point: 'x' }, 'the parameter "current_point" is a string that is not JSON'],
    [{ current_point: {} }, 'the parameter "current_point" must be a point [i, j, k], got {}'],
  ])('%j is refused', (params, message) => {
    const read = () => parseParams(JSON.stringify(params), deepgrowParams);
    expect(read).toThrow(expect.objectContaining({ code: 'BAD_PARAMS' }));
    expect(read).toThrow(message);
  });

  test('more points than are read', () => {
    const refusal = (params: object, schema: ParamsSchema, most?: number) => {
      try {
        return parseParams(JSON.stringify(params), schema, most);
      } catch (error) {
        const { code, status, message } = error as GatewayError;
        return [code, status, message];
      }
    };
    const tooMany = (name: string, count: number, limit: number) => [
      'TOO_MANY_POINTS',
      413,
      `The parameter "${name}" has ${count} points, at most ${limit} are read`,
    ];
    const clicks = many(10_001);
    expect(refusal({ foreground: clicks }, deepgrowParams)).toEqual(tooMany('foreground', 10_001, 10_000));
    expect(refusal({ points: JSON.stringify(clicks) }, dextr3dParams)).toEqual(tooMany('points', 10_001, 10_000));
    expect(refusal({ current_point: clicks }, deepgrowParams)).toEqual(tooMany('current_point', 10_001, 10_000));
    const polygons = [many(limits.vertices), many(1)];
    expect(refusal({ poly: polygons }, fixPolygonParams, Infinity)).toEqual(tooMany('poly', 2_000_001, 2_000_000));
  });
});

test.each([
  ['values', `{"x":[${'[],'.repeat(60_000)}1]}`, '"params" is larger than 100000 values'],
  ['values in a text', `{"points":"[${'[],'.repeat(60_000)}1]"}`, '"params" is larger than 100000 values'],
  ['names', `{${Array.from({ length: 10_001 }, (_, at) => `"${at}":1`).join()}}`, 'larger than 10000 named values'],
])('more %s than can be read while others wait', (_what, text, message) => {
  expect(() => parseParams(text)).toThrow(message);
});

test('more values, though not more names of values, are read in a thread of their own', () => {
  const text = `{"x":[${'[],'.repeat(60_000)}1]}`;
  expect(parseParams(text, undefined, Infinity)).toHaveProperty('x');
  const names = JSON.stringify(Array.from({ length: 10_001 }, () => ({ a: 1 })));
  expect(() => parseParams(`{"x":${names}}`, undefined, Infinity)).toThrow('larger than 10000 named values');
});
