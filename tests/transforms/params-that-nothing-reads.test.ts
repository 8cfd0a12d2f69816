import { ParamsRead } from '../../gateway/transforms/request';
import { Sample } from '../../gateway/transforms/sample';
import { textsOf } from '../texts-of';

test('a parameter with a wrong name is told, with the names that were looked for', () => {
  const read = new ParamsRead({ foregroud: [[1, 2, 3]], background: [[4, 5, 6]] });
  void [read.params.foreground, read.params.background, read.params.result_extension, read.params.current_point];
  expect(read.unread?.text).toBe(
    'params holds "foregroud", which nothing used; this model reads "background", "foreground".',
  );
});

test('a model that reads none says so', () => {
  expect(new ParamsRead({ points: [[1, 2, 3]] }).unread?.text).toBe(
    'params holds "points", which nothing used; this model reads none.',
  );
});

test.each([
  ['what was read', { points: [[1, 2, 3]] }],
  ['empty values', { a: null, b: '', c: [], d: {} }],
  [
    'what clients send to every model',
    { current_point: [1, 2, 3], result_dtype: 'uint8', label: 'spleen', nan: 'zero' },
  ],
])('nothing is said of %s', (_what, sent) => {
  const read = new ParamsRead(sent);
  void read.params.points;
  expect(read.unread).toBeUndefined();
});

test('many names are cut, and so are long ones', () => {
  const sent = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`${at}${'x'.repeat(500)}`, 1]));
  expect(new ParamsRead(sent).unread!.text.length).toBeLessThan(700);
  expect(new ParamsRead(sent).unread!.text).toContain(' and 22 more');
});

test('in a branch the other parameters are still those of the request', () => {
  const read = new ParamsRead({ points: [[1, 2, 3]], slice: 4, extra: 1 });
  const branch = new Sample(new Map(), read.params).branch({ points: [[0, 0, 0]] });
  expect([branch.params.points, branch.params.slice]).toEqual([[[0, 0, 0]], 4]);
  expect(read.unread!.text).toContain('"points", "extra"');
  void branch.params.extra;
  expect(read.unread!.text).toContain('params holds "points", which');
});

test('warnings of a sample that begins anew reach the same user', () => {
  const sample = new Sample(new Map(), {});
  sample.anew(new Map()).warn('One.');
  sample.branch({}).warn('Two.');
  expect(textsOf(sample.warned)).toEqual(['One.', 'Two.']);
});
