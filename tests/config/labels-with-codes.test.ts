import { describeModel } from '../../gateway/config/model-entry';
import { Findings } from '../../gateway/config/findings';
import { readLabels } from '../../gateway/config/labels';
import { clara3, clara4, parse } from './configs';

const spleen = { name: 'spleen', code: { value: '78961009', meaning: 'Spleen' }, color: '#dc3C32' };
const terms = { code: { value: '78961009', scheme: 'SCT', meaning: 'Spleen' }, color: [220, 60, 50] };

test.each([
  ['version 3', clara3({}, { labels: [spleen, 'liver'] })],
  ['version 4', clara4({}, { labels: [spleen, 'liver'] })],
])('labels of %s may be objects; clients see names', (_what, config) => {
  const spec = parse(config);
  expect(spec.labels).toEqual(['spleen', 'liver']);
  expect(spec.labelTerms).toEqual([expect.objectContaining(terms), null]);
  expect(describeModel(spec).labels).toEqual(['spleen', 'liver']);
});

test('channel_def of a bundle too; the background is left out', () => {
  const read = readLabels({ 0: 'background', 1: { name: 'a', color: [0, 0, 255] }, 2: spleen }, ['x'], new Findings());
  expect(read).toEqual({
    labels: ['a', 'spleen'],
    labelTerms: [{ color: [0, 0, 255] }, expect.objectContaining(terms)],
  });
});

test.each([
  [{ code: terms.code }, /^x\[0\]\.name is missing; expected/],
  [{ name: 'a', code: { value: 'liver', meaning: 'Liver' } }, /^x\[0\]\.code.*a code whose value has digits only/],
  [{ name: 'a', code: { value: '123456' } }, /^x\[0\]\.code\.meaning.*a text of 1 to 64 characters without backslash/],
  [{ name: 'a', code: { value: 'A\\B', scheme: 'X', meaning: 'm' } }, /^x\[0\]\.code\.value.*without backslash/],
  [{ name: 'a', color: [1, 2, 256] }, /^x\[0\]\.color.*three whole numbers from 0 to 255/],
  [{ name: 'a', color: 'red' }, /^x\[0\]\.color.*"#rrggbb"/],
  [5, /^x is \[5\].*a list of names/],
])('%j is refused with its place', (label, sentence) => {
  const found = new Findings();
  readLabels([label], ['x'], found);
  expect(found.errors.map(({ message }) => message)).toEqual([expect.stringMatching(sentence)]);
});

test('an unknown key is a warning', () => {
  const found = new Findings();
  expect(readLabels([{ name: 'a', colour: '#000000' }], ['x'], found)).toEqual({ labels: ['a'] });
  expect(found.warnings).toEqual([expect.stringContaining('"colour" at x[0] is not known')]);
});
