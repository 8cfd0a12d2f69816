import { monaiHas, readMonaiVersion } from '../../gateway/transforms/monai-version';

test.each([
  ['1.4.0', '1.4.0'],
  ['0.9.1rc2', '0.9.1'],
  ['1.2.0+58.g0c7a8bd', '1.2.0'],
  ['1.10', '1.10.0'],
  ['latest', undefined],
  [undefined, undefined],
  [1.4, '1.4.0'],
])('monai_version %j is %j', (given, version) => {
  expect(readMonaiVersion(given)).toBe(version);
});

test.each([
  ['0.8.1', false],
  ['1.0.0', false],
  ['1.0.1', true],
  ['1.10.0', true],
] as const)('MONAI %s centres oblique grids: %j', (version, has) => {
  expect(monaiHas(version, 'centred oblique grids')).toBe(has);
});

test('what a later version has given up is not had by it', () => {
  expect((['1.1.0', '1.2.0', '1.5.2', '1.6.0'] as const).map((version) => monaiHas(version, 'aligned corners stretch'))).toEqual([false, true, true, false]); // prettier-ignore
});
