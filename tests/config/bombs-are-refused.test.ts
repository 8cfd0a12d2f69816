import { parseJson } from '../../gateway/config/config-source';
import { nearNames } from '../../gateway/near-names';
import { bundle, findingsOf, parse } from './configs';

/** A config whose window size is the value of `expression`, beside other top-level values. */
const withValues = (expression: unknown, values: object) =>
  bundle({ ...values, inferer: { _target_: 'SlidingWindowInferer', roi_size: expression } });

const chain = (length: number, link: (previous: string) => unknown) =>
  Object.fromEntries(Array.from({ length }, (_, i) => [`a${i}`, i === 0 ? 'x' : link(`@a${i - 1}`)]));

test.each<[string, unknown, object, string]>([
  ['lists of references that double', '@a40', chain(41, (previous) => [previous, previous]), 'too many values'],
  ['texts that double', '@a40', chain(41, (previous) => `$${previous} + ${previous}`), 'make more than 100000 values'],
  ['a list of references to a long list', '$[@a0, @a0, @a0]', { a0: '$[[0] * 200] * 200' }, 'more than 100000 values'],
  ['a list that is repeated twice', '$[[0] * 20000] * 20000', {}, 'more than 100000 values'],
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

test('files of a bundle or a results folder are as deep as configs at most', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  expect(parseJson(nested(100))).toBeInstanceOf(Array);
  expect(() => parseJson(nested(200_000))).toThrow('nested more than 100 levels deep');
});

test('a config of more than a megabyte is refused before it is read', () => {
  expect(() => parseJson(`{"a": "${'x'.repeat(1 << 20)}"}`)).toThrow('it has 1048585 bytes, the limit is 1048576');
});

test('a chain of hundreds of unknown transforms is one finding', () => {
  const pre_transforms = Array.from({ length: 201 }, () => ({ name: 'Nothing' }));
  expect(findingsOf({ version: '3', pre_transforms, inference: { name: 'TRTISInference' }, writer: {} }).findings)
    .toContainEqual(expect.objectContaining({ message: 'pre_transforms has 201 transforms, at most 200 are read' }));
}); // prettier-ignore

test('a name of more than 200 letters is like no other', () => {
  expect(nearNames('x'.repeat(201), ['x'.repeat(200)])).toEqual([]);
  expect(nearNames('x'.repeat(199), ['x'.repeat(200)])).toEqual(['x'.repeat(200)]);
});
