import { allocate, useArena } from '../../gateway/arena';
import { firstAxisFastest, type Volume } from '../../gateway/imaging/volume';
import type { TransformStep } from '../../gateway/model-spec';
import { runChain } from '../../gateway/pipeline/chain';
import type { Job } from '../../gateway/pipeline/job';
import { StageClock } from '../../gateway/telemetry/stages';
import { findTransform } from '../../gateway/transforms/registry';
import { Sample } from '../../gateway/transforms/sample';
import { offlineContext } from './offline-context';

const args = { fields: ['image'], a_min: 0, a_max: 10, b_min: 0, b_max: 1 };
const name = 'ScaleIntensityRange';

/** Divides the image of 40 x 40 x 40 tens by 10. */
async function scaled(hold: (sample: Sample, image: Volume) => void): Promise<{ given: Volume; result: Volume }> {
  useArena();
  const data = allocate(Float32Array, 64_000).fill(10);
  const shape = [40, 40, 40];
  const given: Volume = { data, shape, strides: firstAxisFastest(shape), axes: 'XYZ', properties: {} };
  const sample = new Sample(new Map(), {});
  sample.volumes.set('image', given);
  hold(sample, given);
  const spec = { name: 'm', dialect: 'clara-4' };
  const job = { spec, image: { name: 'x', path: 'x' }, options: { resampling: 'half-pixel' } } as unknown as Job;
  const context = offlineContext(() => Promise.resolve(new Map()));
  const step = { name, args: findTransform(name)!.args.parse(args) } as TransformStep;
  await runChain({ job, sample, context, clock: new StageClock() }, { name: 'pre', stage: 'pre', steps: [step] });
  return { given, result: sample.volume('image') };
}

test('the result takes the memory of an image that nothing else holds', async () => {
  const { given, result } = await scaled(() => undefined);
  expect(result.data.byteOffset).toBe(given.data.byteOffset);
  expect(result.data.every((value) => value === 1)).toBe(true);
});

test.each<[string, (sample: Sample, image: Volume) => void]>([
  ['another field', (sample, image) => sample.volumes.set('other', image)],
  ['another field, as a part', (sample, image) => sample.volumes.set('other', { ...image, data: image.data.subarray(9) as Float32Array })], // prettier-ignore
  ['a value', (sample, image) => sample.values.set('kept', [image.data])],
  ['an inverse', (sample, image) => sample.history.push({ transform: 'T', field: 'x', state: { image } })],
  ['a branch of the sample', (sample) => sample.branch({})],
])('not where %s holds it', async (_, hold) => {
  const { given, result } = await scaled(hold);
  expect([given.data.every((value) => value === 10), result.data.every((value) => value === 1)]).toEqual([true, true]);
});
