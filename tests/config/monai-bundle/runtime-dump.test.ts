import { clara2, findingsOf, parse } from '../configs';

const stored = {
  ...clara2({ batch_size: undefined }, { type: 'annotation' }),
  format: 'trtmodel',
  path: '/workspace/models/train1-1.trt.pb',
  inference_batch_size: 2,
  inference_padding: 20,
  inference_channel_first: null,
  inference_trtis_platform: 'tensorflow_graphdef',
};

test('AIAA’s own stored form is unwrapped, with what only its runtime keys say', () => {
  const spec = parse({ 'train1-1': stored });
  expect(spec).toMatchObject({ name: 'm', dialect: 'clara-2', info: { padding: 20, roi: [160, 96, 32] } });
  expect(spec.inference.inferer).toMatchObject({ batchSize: 2 });
  expect(spec.warnings).toEqual([expect.stringContaining('the entry "train1-1" was taken')]);
});

test('of several models the one of the same name is taken', () => {
  const other = { ...stored, description: 'other' };
  expect(parse({ a: other, m: stored }).description).toBe('a model of the tests');
  expect(findingsOf({ a: other, b: stored }).message).toContain('this is a dump of 2 (a, b), none called "m"');
});
