import { Findings } from '../../gateway/config/findings';
import { clientSafeInfo, describeModel } from '../../gateway/config/model-entry';
import { readLabels } from '../../gateway/config/labels';
import { clara3, clara4, parse } from './configs';

test('the five fixed keys, and the extras flat beside them', () => {
  const additional_info = { padding: 20, roi: [128, 128, 128] };
  const spec = parse(clara3({ additional_info }, { type: 'Annotation' }), {}, 'clara_ann_spleen');
  expect(describeModel(spec)).toEqual({
    name: 'clara_ann_spleen',
    type: 'annotation',
    labels: ['spleen'],
    description: 'a model of the tests',
    version: '3',
    padding: 20,
    roi: [128, 128, 128],
  });
});

test.each([
  [1, '1'],
  [2.5, '2.5'],
  ['7', '7'],
  [undefined, '1'],
])('version %j is the text %j', (version, shown) => {
  expect(describeModel(parse(clara4({}, { version }))).version).toBe(shown);
});

test('keys that are left out of a config are not null in the list', () => {
  const entry = describeModel(parse(clara4({}, { labels: null, description: null })));
  expect(entry).toEqual({ name: 'm', type: 'segmentation', labels: [], description: '', version: '1' });
});

test.each<[unknown, unknown, number]>([
  [{ padding: '20' }, { padding: 20 }, 0],
  [{ padding: 'much' }, {}, 1],
  [{ padding: null, roi: null }, {}, 0],
  [{ roi: '128x128x128' }, {}, 1],
  [{ roi: [128, 1.5] }, {}, 1],
  [{ deepgrow: 2 }, { deepgrow: '2D' }, 0],
  [{ 'internal name': 5 }, {}, 1],
  [{ any: { thing: [1] } }, { any: { thing: [1] } }, 0],
])('extras %j become %j', (given, safe, warnings) => {
  const findings = new Findings();
  expect(clientSafeInfo(given, ['x'], findings)).toEqual(safe);
  expect(findings.warnings).toHaveLength(warnings);
});

test.each<[unknown, string[], boolean]>([
  [['a', 'b'], ['a', 'b'], false],
  [{ 0: 'background', 2: 'b', 1: 'a' }, ['a', 'b'], false],
  [{ spleen: 1, Background: 0 }, ['spleen'], false],
  [{ 0: 'core', 1: 'whole' }, ['core', 'whole'], false],
  [{ 0: 'other', 1: 'spleen' }, ['spleen'], true],
])('labels %j are %j', (given, labels, argmax) => {
  expect(readLabels(given, ['labels'], new Findings(), argmax ? 'background' : 'by-name')).toEqual({ labels });
});
