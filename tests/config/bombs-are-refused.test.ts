import { bundle, findingsOf, parse } from './configs';

/** A config whose window size is the value of `expression`, beside other top-level values. */
const withValues = (expression: unknown, values: object) =>
  bundle({ ...values, inferer: { _target_: 'SlidingWindowInferer', roi_size: expression } });

const chain = (length: number, link: (previous: string) => unknown) =>
  Object.fromEntries(Array.from({ length }, (_, i) => [`a${i}`, i === 0 ? 'x' : link(`@a${i - 1}`)]));

test.each<[string, unknown, object, string]>([
  ['lists of references that double', '@a40', chain(41, (previous) => [previous, previous]), 'too many values'],
  ['texts that double', '@a40', chain(41, (previous) => `$${previous} + ${previous}`), 'too '],
  ['a long chain', '@a5000', chain(5001, (previous) => previous), 'more than 100 references follow one another'],
  ['brackets without end', `$${'['.repeat(100_000)}`, {}, 'longer than 1000 characters'],
])('%s', (_, expression, values, why) => {
  expect(findingsOf(withValues(expression, values)).findings).toContainEqual(
    expect.objectContaining({ kind: 'expression', message: expect.stringContaining(why) }),
  );
});

test('JSON nested thousands of levels deep', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 5000; level++) deep = [deep];
  expect(() => parse(bundle({ deep }))).toThrow('nested more than 100 levels deep');
});
