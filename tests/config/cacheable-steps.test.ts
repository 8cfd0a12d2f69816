import { clara3, clara4, findingsOf, parse } from './configs';

const load = { name: 'LoadNifti', args: { fields: 'image' } };
const points = { name: 'AddExtremePointsChannel', args: { image_field: 'image' } };
const image = { name: 'monai.transforms.LoadImaged', args: { keys: 'image' } };
const label = { name: 'AsDiscreted', args: { keys: 'image' } };

test.each([
  ['all steps, when none reads the request', [load, load], 2],
  ['the steps before the first that reads the request', [load, points, load], 1],
])('without cache_until: %s', (_, pre_transforms, cacheable) => {
  expect(parse(clara3({}, { pre_transforms })).cacheableSteps).toBe(cacheable);
});

test.each([
  ['LoadImaged', [image, label], 1],
  ['monai.transforms.LoadImaged', [image, label], 1],
  ['ALL', [image, label], 2],
  ['all', [image, label], 2],
  ['ALL', [image, points, label], 1],
  ['AddExtremePointsChannel', [image, points], 1],
  ['', [image, label], 2],
])('cache_until %j', (cache_until, pre_transforms, cacheable) => {
  expect(parse(clara4({}, { pre_transforms, cache_until })).cacheableSteps).toBe(cacheable);
});

test('a name that is no pre-transform', () => {
  const { findings } = findingsOf(clara4({}, { cache_until: 'LoadImage' }));
  expect(findings).toMatchObject([{ path: 'cache_until', suggestions: ['LoadImaged'] }]);
});
