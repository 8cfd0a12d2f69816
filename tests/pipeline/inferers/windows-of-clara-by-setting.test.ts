import { runInferer } from '../../../gateway/pipeline/inferers/inferer';
import type { Job } from '../../../gateway/pipeline/job';
import type { ScanningWindowInferer } from '../../../gateway/model-spec';
import { StageClock } from '../../../gateway/telemetry/stages';
import { Sample } from '../../../gateway/transforms/sample';
import { offlineContext, type WholeRequest } from '../offline-context';

/** First voxels of the windows of 4 that were cut out of 0, 1, ... 9. */
async function starts(rule: ScanningWindowInferer['rule'], claraWindows?: 'clara' | 'monai'): Promise<number[]> {
  const inferer: ScanningWindowInferer = {
    kind: 'scanning-window',
    rule,
    roi: [4, 1],
    batchSize: 1,
    overlap: 0.25,
    mode: 'constant',
    sigmaScale: 0.125,
    paddingMode: 'constant',
    cval: 0,
  };
  const tensor = (name: string) => ({ name, data_type: 'TYPE_FP32', dims: [1, 4, 1] });
  const spec = {
    name: 'windows',
    inference: { inferer, inputs: [{ tensor: 'IN', field: 'image' }], outputs: [{ tensor: 'OUT', field: 'model' }] },
    post: [],
    triton: { max_batch_size: 1, input: [tensor('IN')], output: [tensor('OUT')] },
  };
  const sample = new Sample(new Map(), {});
  const data = Float32Array.from({ length: 10 }, (_, i) => i);
  sample.volumes.set('image', { data, shape: [1, 10, 1], strides: [10, 1, 10], axes: 'CXY', properties: {} });
  const seen: number[] = [];
  const infer = ({ inputs: [input] }: WholeRequest) => {
    seen.push((input.data as Float32Array)[0]);
    return Promise.resolve(new Map([['OUT', { ...input, name: 'OUT' }]]));
  };
  const job = { id: 'x', spec, modelVersion: '1', options: { resampling: 'half-pixel', claraWindows } };
  await runInferer({ job: job as unknown as Job, sample, context: offlineContext(infer), clock: new StageClock() });
  return seen;
}

// 10 voxels, windows of 4: Clara steps by max(roi - 16, 0.75 roi) and repeats the last window, MONAI does not.
test.each([
  ['clara', undefined, [0, 3, 6, 6]],
  ['clara', 'clara', [0, 3, 6, 6]],
  ['clara', 'monai', [0, 3, 6]],
  ['monai-0', 'clara', [0, 3, 6]],
  ['monai-1', 'clara', [0, 3, 6]],
] as const)('a model of the rule %s under clara_windows %s has windows at %j', async (rule, setting, expected) => {
  expect(await starts(rule, setting)).toEqual(expected);
});
