import { clara3, findingsOf, parse } from './configs';

test('every problem of a config is listed, the first one told in full', () => {
  const { findings, message } = findingsOf(
    clara3(
      {
        args: { scanning_window: 'maybe', roi: [160, 'x', 160] },
        trtis: { max_batch_size: -1, platform: 'tensorflow' },
      },
      { type: 'segmentatoin', writer: { name: 'WriteNifti', args: {} } },
    ),
  );
  expect(findings.map(({ path }) => path)).toEqual([
    'type',
    'writer.args.field',
    'inference.args.scanning_window',
    'inference.args.roi[1]',
    'inference.trtis.platform',
    'inference.trtis.max_batch_size',
  ]);
  expect(message).toBe(
    'The model config is not usable: type is "segmentatoin", but must be one of segmentation, annotation, classification, deepgrow, others, pipeline; did you mean "segmentation"? (and 5 more problems, listed in details.findings)',
  );
  expect(findings[2]).toMatchObject({
    value: 'maybe',
    expected: 'true or false',
    message: 'inference.args.scanning_window is "maybe" (a string), but must be true or false',
  });
  expect(findings[3].message).toBe('inference.args.roi[1] is "x" (a string), but must be a whole number of at least 1');
});

test.each([
  [null, 'the config is null, but must be a JSON object'],
  [[], 'the config is [], but must be a JSON object'],
  ['text', 'the config is "text" (a string), but must be a JSON object'],
  [{}, 'its top-level keys are none'],
  [{ version: '3', type: 'others', pre_transforms: [], writer: {} }, 'writer.name is missing'],
])('%j', (config, message) => {
  expect(findingsOf(config).message).toContain(message);
});

test('unknown keys are warnings with their place, and go no further', () => {
  const config = clara3({ extra: 1 }, { post_transform: [] });
  (config.inference as { trtis: object }).trtis = { max_batch_size: 1, sequence_batching: {} };
  const spec = parse(config);
  expect(spec.warnings).toEqual([
    'The key "post_transform" at the top level is not known and was ignored; did you mean "post_transforms" or "pre_transforms"?',
    'The key "extra" at inference is not known and was ignored',
    'The key "sequence_batching" at inference.trtis is not known and was ignored',
  ]);
  expect(JSON.stringify({ ...spec, warnings: [] })).not.toMatch(/extra|sequence_batching/);
});
