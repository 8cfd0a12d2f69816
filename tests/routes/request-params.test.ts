import { parseParams } from '../../gateway/routes/request-params';

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
