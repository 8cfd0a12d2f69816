import { clara3, clara4, findingsOf, parse } from './configs';

const pre = (...steps: object[]) => clara3({}, { pre_transforms: steps });

test('a mistyped name throws with near names', () => {
  const { findings, message } = findingsOf(pre({ name: 'LoadNifi', args: { fields: 'image' } }));
  expect(findings).toMatchObject([
    { kind: 'unknown-transform', path: 'pre_transforms[0].name', suggestions: ['LoadNifti', 'LoadPng'] },
  ]);
  expect(message).toContain(
    'pre_transforms[0] names the transform "LoadNifi", which is not known; did you mean "LoadNifti" or "LoadPng"?',
  );
});

test('a Python class of one’s own is told apart from a typing error', () => {
  expect(findingsOf(pre({ name: 'TresholdArgmax.TresholdArgmax' })).message).toContain(
    'Python classes of your own cannot run here',
  );
  expect(findingsOf(pre({ path: 'my.lib.Spacingd' })).findings[0].kind).toBe('unknown-transform');
});

test('a writer in a chain, and a transform in place of the writer, are told as what they are', () => {
  expect(findingsOf(pre({ name: 'WriteNifti', args: {} })).findings).toMatchObject([
    { kind: 'unsupported-transform', message: expect.stringMatching(/"WriteNifti", which is a writer$/) },
  ]);
  expect(findingsOf(clara3({}, { writer: { name: 'LoadNifti' } })).message).toContain('which is a transform');
});

test('a refused name says why', () => {
  expect(findingsOf(pre({ name: 'RandomZoom' })).message).toContain(
    'pre_transforms[0] names the transform "RandomZoom": RandomZoom is random augmentation',
  );
});

test('an unknown argument is a finding with the known ones', () => {
  const { findings, message } = findingsOf(
    pre({ name: 'ScaleIntensityRange', args: { fields: 'image', amin: 0, a_max: '9' } }),
  );
  expect(findings.map(({ path }) => path).sort()).toEqual([
    'pre_transforms[0].args.a_max',
    'pre_transforms[0].args.a_min',
    'pre_transforms[0].args.amin',
  ]);
  expect(message).toContain('pre_transforms[0].args.a_min is missing; expected number');
  expect(findings.at(-1)?.message).toBe(
    'pre_transforms[0].args.amin is not an argument of ScaleIntensityRange; expected one of fields, a_min, a_max; did you mean "a_min"?',
  );
});

test('an argument that a lax schema would drop is a finding too', () => {
  const config = clara4({}, { pre_transforms: [{ name: 'LoadImaged', args: { keys: 'image', dtyp: 'x' } }] });
  expect(findingsOf(config).findings).toMatchObject([{ path: 'pre_transforms[0].args.dtyp', suggestions: ['dtype'] }]);
});

test('disabled steps are left out, references of training configs refused', () => {
  const load = { name: 'LoadNifti', args: { fields: 'image' } };
  expect(parse(pre(load, { name: 'Nonsense', disabled: true })).pre).toHaveLength(1);
  expect(findingsOf(pre({ ref: 'loader' })).message).toContain('only training configs have');
});

test('an unknown writer', () => {
  expect(findingsOf(clara3({}, { writer: { name: 'WriteNifty' } })).findings[0]).toMatchObject({ path: 'writer.name' });
});
