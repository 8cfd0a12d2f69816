import { lastAxisFastest, type Volume } from '../../gateway/imaging/volume';
import golden from '../golden/transforms_monai.json';
import { expectClose, inCOrder } from '../imaging/ops/volumes';
import { run, sampleWith } from './samples';

const { post } = golden;
const pred = (): Volume => ({
  data: Float32Array.from(post.pred),
  shape: post.shape,
  strides: lastAxisFastest(post.shape),
  axes: 'CXYZ',
  properties: {},
});

/** MONAI 0.5 wants a batch axis in front of the channels, 0.8 must not have one: the same result either way. */
describe.each([[false], [true]])('batch axis put in front: %s', (batch) => {
  async function after(steps: [string, object][]): Promise<Volume> {
    const sample = sampleWith({ pred: pred() });
    if (batch) await run(sample, 'AddChanneld', { keys: 'pred' });
    for (const [name, args] of steps) await run(sample, name, { keys: 'pred', ...args });
    if (batch) await run(sample, 'SqueezeDimd', { keys: 'pred', dim: 0 });
    return sample.volume('pred');
  }
  const softmax: [string, object] = ['Activationsd', { softmax: true }];

  test.each<[string, [string, object][], number[], number[]]>([
    ['softmax', [softmax], post.softmax, post.shape],
    ['sigmoid', [['ActivationsD', { sigmoid: 'true' }]], post.sigmoid, post.shape],
    ['argmax', [softmax, ['AsDiscreted', { argmax: true }]], post.argmax, [1, 4, 3, 2]],
    ['one-hot', [softmax, ['AsDiscreteDict', { argmax: true, to_onehot: 3 }]], post.onehot, post.shape],
    ['one-hot of 0.5', [['AsDiscreted', { argmax: true, to_onehot: true, n_classes: 3 }]], post.onehot, post.shape],
    ['threshold', [['Activationsd', { sigmoid: true }], ['AsDiscreted', { threshold: 0.5 }]], post.threshold, post.shape],
    ['threshold of 0.5', [['Activationsd', { sigmoid: true }], ['AsDiscreted', { threshold_values: true }]], post.threshold, post.shape],
  ])('%s', async (_, steps, values, shape) => {
    const result = await after(steps);
    expect(result.shape).toEqual(shape);
    expectClose(inCOrder(result), values, 1e-6);
  }); // prettier-ignore
});

test('SqueezeDimd takes the channel axis when there is no batch axis, and refuses longer ones', async () => {
  const sample = sampleWith({ pred: pred() });
  await expect(run(sample, 'SqueezeDimd', { keys: 'pred', dim: 0 })).rejects.toThrow('has length 3');
  await run(sample, 'AsDiscreted', { keys: 'pred', argmax: true });
  await run(sample, 'SqueezeDimd', { keys: 'pred' });
  expect(sample.volume('pred')).toMatchObject({ axes: 'XYZ', shape: [4, 3, 2] });
});
