import { asJsonText } from '../../gateway/config/config-source';
import { bundle, parse } from './configs';

const yaml = (text: string): unknown => JSON.parse(asJsonText(text));

test('a bundle in YAML is the bundle in JSON, expressions and references too', () => {
  const text = `
# as bundles of MONAI Label are written
image_key: image
roi: &roi [96, 96, 96]
preprocessing:
  _target_: Compose
  transforms:
    - {_target_: LoadImaged, keys: '@image_key'}
inferer:
  _target_: SlidingWindowInferer
  roi_size: *roi
  sw_batch_size: $2 * 2
  overlap: 0.5
postprocessing:
  _target_: Compose
  transforms:
    - _target_: AsDiscreted
      keys: pred
      argmax: yes
`;
  const { inference, pre, post } = parse(yaml(text));
  const json = parse(
    bundle({
      image_key: 'image',
      preprocessing: { _target_: 'Compose', transforms: [{ _target_: 'LoadImaged', keys: '@image_key' }] },
      inferer: { _target_: 'SlidingWindowInferer', roi_size: [96, 96, 96], sw_batch_size: '$2 * 2', overlap: 0.5 },
      postprocessing: { _target_: 'Compose', transforms: [{ _target_: 'AsDiscreted', keys: 'pred', argmax: true }] },
    }),
  );
  expect({ inference, pre, post }).toEqual({ inference: json.inference, pre: json.pre, post: json.post });
});

test('JSON and what is no mapping stay as they are', () => {
  for (const text of ['{"a": 1}', ' [1]', '{"a": ', 'hello', '7', '']) expect(asJsonText(text)).toBe(text);
});

test.each([
  ['a tag of Python', 'a: !!python/object/apply:os.system [ls]', /neither JSON nor YAML.*tag/i],
  ['a tag of its own', 'a: !secret x', /tag/i],
  ['a key twice', 'a: 1\na: 2', /unique/i],
  ['several documents', 'a: 1\n---\na: 2', /document/i],
  ['a bad indent', 'a:\n  - 1\n - 2', /line 3/],
  ['infinity', 'a: .inf', /its "a" is Infinity/],
  [
    'aliases that stand for billions of values',
    ['a: &a [x,x,x,x,x,x,x,x,x]', ...[...'bcdefghij'].map((to, at) => `${to}: &${to} [${Array(9).fill(`*${'abcdefghi'[at]}`)}]`)].join('\n'), // prettier-ignore
    /alias/i,
  ],
  ['more than a megabyte', `a: ${'x'.repeat(1 << 20)}`, /the limit is 1048576/],
  ['brackets without end', `a: ${'['.repeat(100_000)}`, /nested more than 100 levels/],
  ['lists in lists on one line', `${'- '.repeat(1000)}x`, /nested more than 100 levels/],
  ['keys of keys on one line', `${'? '.repeat(1000)}x`, /nested more than 100 levels/],
  ['mappings in mappings', Array.from({ length: 1000 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'), /nested more than 100 levels/],
])('%s is refused', (_, text, why) => {
  expect(() => asJsonText(text)).toThrow(expect.objectContaining({ code: 'BAD_CONFIG', message: expect.stringMatching(why) }));
}); // prettier-ignore

test('what is long and not deep is read: many entries on a line, texts of brackets, dashes and spaces', () => {
  const many = Array.from({ length: 500 }, (_, n) => `k${n}: -1`).join(', ');
  const text = `a: {${many}}\nb: "${'[ - '.repeat(500)}"\nc: |\n  ${' '.repeat(1000)}${'- '.repeat(500)}`;
  expect(Object.keys(JSON.parse(asJsonText(text)) as object)).toEqual(['a', 'b', 'c']);
});
