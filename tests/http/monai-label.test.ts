import { asAiaaParams, describeForMonaiLabel } from '../../gateway/http/handlers/monai-label';
import type { ModelSpec } from '../../gateway/model-spec';
import type { RequestParams } from '../../gateway/pipeline/job';

const network = (dims: number[], maxBatchSize: number) => ({
  triton: { max_batch_size: maxBatchSize, input: [{ name: 'x', data_type: 'TYPE_FP32', dims }], output: [] },
});
const window = (roi: number[]) => ({
  inference: { inferer: { kind: 'scanning-window', roi } } as ModelSpec['inference'],
});

test.each<[string, Partial<ModelSpec>, string, number]>([
  ['a volume with a batch axis', { type: 'segmentation', ...network([1, -1, -1, -1], 1) }, 'segmentation', 3],
  ['a volume without one', { type: 'annotation', ...network([1, 2, -1, -1, -1], 0) }, 'annotation', 3],
  [
    'slices of a volume',
    { type: 'segmentation', ...window([256, 256, 1]), ...network([1, -1, -1], 8) },
    'segmentation',
    3,
  ],
  ['windows of a picture', { type: 'segmentation', ...window([256, 256]) }, 'segmentation', 2],
  ['a picture', { type: 'classification', ...network([3, 256, 256], 8) }, 'classification', 2],
  ['a picture, batch in the shape', { type: 'others', ...network([-1, 3, 256, 256], 0) }, 'others', 2],
  ['clicks on a slice', { type: 'deepgrow', info: { deepgrow: '2D' }, ...network([3, 256, 256], 1) }, 'deepgrow', 2],
  ['a pipeline of clicks', { type: 'pipeline', info: { deepgrow: '3D' } }, 'deepgrow', 3],
  ['another pipeline', { type: 'pipeline' }, 'others', 3],
])('%s', (_what, known, type, dimension) => {
  const spec = {
    labels: [],
    description: 'd',
    info: {},
    inference: { inferer: { kind: 'simple' } },
    ...known,
  } as unknown as ModelSpec;
  expect(describeForMonaiLabel(spec)).toEqual({ type, labels: {}, dimension, description: 'd', config: {} });
});

test('clicks under the name of their label are foreground clicks', () => {
  const clicks = [[1, 2, 3]];
  const own = { label: 'spleen', spleen: clicks, background: [] };
  expect(asAiaaParams(own)).toEqual({ ...own, foreground: clicks });
  const others: RequestParams[] = [
    {},
    { label: 'spleen' },
    { label: 'spleen', foreground: clicks, spleen: [] },
    { label: 'background', background: clicks },
    { label: 'result_extension', result_extension: '.nrrd' },
  ];
  for (const same of others) expect(asAiaaParams(same)).toBe(same);
});
