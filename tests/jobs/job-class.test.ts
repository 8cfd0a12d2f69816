import { classOf, isUnhurried } from '../../gateway/jobs/job-class';
import type { Work } from '../../gateway/pipeline/job';

const models = {
  clicks: { pre: [{ name: 'AddGuidanceFromPointsd' }], inference: { inferer: { kind: 'simple' } } },
  plain: { pre: [{ name: 'LoadImaged' }], inference: { inferer: { kind: 'scanning-window' } } },
};
const job = (model: keyof typeof models, params: object, more: object = {}) =>
  ({ spec: models[model], params, ...more }) as unknown as Work;
const prompt = { kind: 'point', at: [0, 0, 0], positive: true };

test.each([
  ['a model of clicks with clicks', job('clicks', { foreground: [[1, 2, 3]] }), 'click'],
  ['a model of clicks without any', job('clicks', { foreground: [] }), 'image'],
  ['points that a model does not read', job('plain', { points: [[1, 2, 3]] }), 'image'],
  ['a prompt of a session', job('plain', {}, { interaction: { prompts: [prompt] } }), 'click'],
  ['the mask that a session begins with', job('plain', {}, { interaction: { prompts: [] } }), 'image'],
  ['what a session has already', { kind: 'mask-answer' } as Work, 'click'],
  ['polygons', { kind: 'fix-polygon' } as Work, 'click'],
  ['an image for a session', { kind: 'to-nifti' } as Work, 'image'],
])('%s', (_name, work, expected) => {
  expect(classOf(work)).toBe(expected);
  expect(classOf(work, true)).toBe(expected === 'image' ? 'batch' : expected);
});

test.each([
  [undefined, false],
  ['u=3', false],
  ['u=0, i', false],
  ['u=4', true],
  ['i, u=7', true],
  ['u=77', false],
  ['nu=7', false],
  ['high', false],
])('the header Priority: %s', (header, expected) => {
  expect(isUnhurried(header)).toBe(expected);
}); // prettier-ignore
