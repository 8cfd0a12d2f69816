import fc from 'fast-check';
import { runChain } from '../../../gateway/pipeline/chain';
import { runScanningWindow } from '../../../gateway/pipeline/inferers/sliding-window/scanning-window';
import { windowGrid, windowOrigins, windowOrder } from '../../../gateway/pipeline/inferers/sliding-window/window-grid';
import { windowWeights } from '../../../gateway/pipeline/inferers/sliding-window/window-weights';
import type { Job } from '../../../gateway/pipeline/job';
import * as volumes from '../../../gateway/imaging/volume';
import * as memory from '../../../gateway/arena';
import type { Axes, NumericArray, Volume } from '../../../gateway/imaging/volume';
import type { ModelSpec, ScanningWindowInferer, TransformStep } from '../../../gateway/model-spec';
import { StageClock } from '../../../gateway/telemetry/stages';
import { findTransform } from '../../../gateway/transforms/registry';
import { Sample } from '../../../gateway/transforms/sample';
import { inCOrder } from '../../imaging/ops/volumes';
import { bytesMade } from '../bytes-made';
import { offlineContext, type WholeRequest } from '../offline-context';

jest.mock('../../../gateway/arena', () => {
  const actual = jest.requireActual<typeof memory>('../../../gateway/arena');
  return { ...actual, allocate: jest.fn(actual.allocate), allocateUnset: jest.fn(actual.allocateUnset) };
});

const SEED = 20_261_126;

interface Case {
  shape: number[];
  inferer: ScanningWindowInferer;
  channels: number;
  channelAxis: 'first' | 'last';
}

const inferer = (given: Partial<ScanningWindowInferer> & { roi: number[] }): ScanningWindowInferer => ({
  kind: 'scanning-window',
  rule: 'monai-1',
  batchSize: 1,
  overlap: 0.25,
  mode: 'constant',
  sigmaScale: 0.125,
  paddingMode: 'constant',
  cval: 0,
  ...given,
});

/** What the network says of a window: numbers of no order that depend on the voxel, the channel, and the window (by its first voxel). */
const score = (voxel: number, channel: number, first: number) =>
  Math.fround(((voxel * 7919 + channel * 104729 + first * 31) % 8209) / 97 - 40);

const step = (name: string, args: object): TransformStep => ({
  name,
  args: findTransform(name)!.args.parse(args) as Record<string, unknown>,
});

/** The field `model` after the inferer and the post-transforms. */
async function run({ shape, inferer: windows, channels, channelAxis }: Case, post: TransformStep[], fusion: 'on' | 'off') {
  const arranged = (count: number, spatial: readonly number[]) =>
    channelAxis === 'first' ? [count, ...spatial] : [...spatial, count];
  const dims = (count: number) => arranged(count, shape.map(() => -1));
  const spec = {
    name: 'scores',
    dialect: 'clara-4',
    inference: { inferer: windows, inputs: [{ tensor: 'IN', field: 'image' }], outputs: [{ tensor: 'OUT', field: 'model' }] },
    post,
    triton: {
      max_batch_size: 4,
      input: [{ name: 'IN', data_type: 'TYPE_FP32', dims: dims(1) }],
      output: [{ name: 'OUT', data_type: 'TYPE_FP32', dims: dims(channels) }],
    },
  } as unknown as ModelSpec;
  const sample = new Sample(new Map(), {});
  const data = memory.allocate(Float32Array, volumes.sizeOf(shape)).map((_, at) => at + 1);
  const axes = `C${'XYZ'.slice(0, shape.length)}` as Axes;
  const first: Volume = { data, shape: [1, ...shape], strides: [data.length, ...volumes.firstAxisFastest(shape)], axes, properties: {} };
  const last = `${'XYZ'.slice(0, shape.length)}C` as Axes;
  sample.volumes.set('image', channelAxis === 'first' ? first : volumes.reorderAxes(first, last));

  const infer = ({ inputs: [input], outputs: [wanted] }: WholeRequest) => {
    const voxels = input.data as Float32Array;
    const [batch] = input.shape;
    const size = voxels.length / batch;
    const answer = (wanted.into as Float32Array | undefined) ?? new Float32Array(channels * voxels.length);
    for (let w = 0; w < batch; w++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < size; i++) {
          const at = channelAxis === 'first' ? c * size + i : i * channels + c;
          answer[w * channels * size + at] = score(voxels[w * size + i], c, voxels[w * size]);
        }
    const shapeOut = channelAxis === 'first' ? [batch, channels, ...input.shape.slice(2)] : [...input.shape.slice(0, -1), channels];
    return Promise.resolve(new Map([['OUT', { name: 'OUT', datatype: 'FP32' as const, shape: shapeOut, data: answer }]]));
  };
  const job = { id: 'x', spec, modelVersion: '1', options: { resampling: 'half-pixel', fusion } } as Job;
  const run = { job, sample, context: offlineContext(infer), clock: new StageClock() };
  const applied = await runScanningWindow(run, windows);
  const rest = { name: 'post', stage: 'post', steps: post.slice(applied), first: applied } as const;
  await runChain(run, rest);
  return { result: sample.volume('model'), applied };
} // prettier-ignore

/** Every value, channel first and then in C order, and the type they are stored as. */
function valuesOf(volume: Volume): { type: string; values: NumericArray | number[] } {
  const letters = volume.axes.replace('C', '');
  return {
    type: volume.data.constructor.name,
    values: inCOrder(volumes.reorderAxes(volume, `C${letters}` as Axes)),
  };
}

/** The whole sum of all windows in the reference's order, voxel by voxel in float32. Channel first, C order. */
function summedAsAWhole({ shape, inferer: windows, channels }: Case): number[] {
  const grid = windowGrid(shape, windows);
  const roi = grid.map((axis) => axis.roi);
  const weights = windowWeights(roi, windows);
  const size = volumes.sizeOf(shape);
  const [sums, cover] = [new Float32Array(channels * size), new Float32Array(size)];
  const inImage = (index: readonly number[]) => index.every((i, d) => i >= 0 && i < shape[d]);
  const strides = volumes.lastAxisFastest(shape);
  const valueAt = (index: readonly number[]) =>
    inImage(index) ? 1 + index.reduce((sum, i, d) => sum + i * volumes.firstAxisFastest(shape)[d], 0) : 0;
  for (const origin of windowOrigins(grid)) {
    const start = origin.map((first, d) => first - grid[d].before);
    for (let at = 0; at < volumes.sizeOf(roi); at++) {
      const index = start.map((first, d) => first + (Math.floor(at / volumes.lastAxisFastest(roi)[d]) % roi[d]));
      if (!inImage(index)) continue;
      const to = index.reduce((sum, i, d) => sum + i * strides[d], 0);
      const weight = weights?.[at] ?? 1;
      cover[to] += weight;
      for (let c = 0; c < channels; c++) sums[c * size + to] += score(valueAt(index), c, valueAt(start)) * weight;
    }
  }
  return [...sums.map((sum, at) => sum / cover[at % size])];
}

const anyCase: fc.Arbitrary<Case> = fc.integer({ min: 2, max: 3 }).chain((rank) => {
  const perAxis = (min: number, max: number) =>
    fc.array(fc.integer({ min, max }), { minLength: rank, maxLength: rank });
  const windows = fc.record({
    rule: fc.constantFrom('clara' as const, 'monai-0' as const, 'monai-1' as const),
    roi: fc.oneof(perAxis(1, 9), perAxis(2, 4)),
    batchSize: fc.integer({ min: 1, max: 4 }),
    overlap: fc.constantFrom(0, 0.25, 0.5, 0.7),
    mode: fc.constantFrom('constant' as const, 'gaussian' as const),
  });
  return fc
    .record({
      shape: fc.oneof(perAxis(1, 12), perAxis(5, 9)),
      windows,
      channels: fc.integer({ min: 1, max: 4 }),
      channelAxis: fc.constantFrom('first' as const, 'last' as const),
    }) // prettier-ignore
    .map(({ windows: given, ...rest }) => ({
      ...rest,
      // Weights are MONAI's; Clara averages.
      inferer: inferer({ ...given, mode: given.rule === 'clara' ? 'constant' : given.mode }),
    }));
});

const chains: TransformStep[][] = [
  [step('ArgmaxAcrossChannels', { fields: 'model' })],
  [step('Activationsd', { keys: 'model', softmax: true }), step('AsDiscreted', { keys: 'model', argmax: true })],
  [step('Activationsd', { keys: 'model', sigmoid: true }), step('AsDiscreted', { keys: 'model', threshold: 0.5 })],
  [
    step('EnsureTyped', { keys: 'model' }),
    step('AsDiscreted', { keys: 'model', argmax: true, to_onehot: 4 }),
    step('KeepLargestConnectedComponentd', { keys: 'model' }),
    step('LabelFilterd', { keys: 'model', applied_labels: [1] }),
  ],
  [step('ThresholdValues', { fields: 'model', threshold: 1.5 }), step('Flipd', { keys: 'model', spatial_axis: 0 })],
];

test('finished slab by slab or summed as a whole: the same float32 for all grids, overlaps and weights', async () => {
  const asTheyAre = [step('EnsureTyped', { keys: 'model' })];
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const expected = summedAsAWhole(one);
      const [slabs, whole] = [await run(one, asTheyAre, 'on'), await run(one, asTheyAre, 'off')];
      expect([slabs.applied, whole.applied]).toEqual([1, 0]);
      expect(valuesOf(slabs.result)).toEqual({ type: 'Float32Array', values: expected });
      expect(valuesOf(whole.result)).toEqual({ type: 'Float32Array', values: expected });
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('post-transforms give the same on slabs and on the whole', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, fc.constantFrom(...chains), async (one, post) => {
      const [slabs, whole] = [await run(one, post, 'on'), await run(one, post, 'off')];
      expect(slabs.applied).toBeGreaterThan(0);
      expect(slabs.result.axes).toBe(whole.result.axes);
      expect(valuesOf(slabs.result)).toEqual(valuesOf(whole.result));
    }),
    { seed: SEED, numRuns: 150 },
  );
});

test('only the steps before the first that needs the whole volume are taken in slabs', async () => {
  const one: Case = { shape: [6, 5, 4], inferer: inferer({ roi: [3, 3, 3] }), channels: 4, channelAxis: 'first' };
  const applied = await Promise.all(chains.map(async (post) => (await run(one, post, 'on')).applied));
  expect(applied).toEqual([1, 2, 2, 2, 1]);
});

// [rule, roi, shape] -> slab axis and the first windows.
test.each([
  ['monai-1', [4, 4, 4], [10, 10, 10], 0, 4],
  ['monai-1', [10, 4, 4], [10, 10, 10], 1, 4],
  ['clara', [8, 8, 1], [16, 16, 5], 2, 1],
  ['monai-1', [8, 8, 1], [16, 16, 5], 2, 1],
  // Slices overlap, so that another order would add in another order.
  ['monai-1', [8, 8, 3], [16, 16, 9], 0, 8],
  ['monai-1', [20, 20, 20], [10, 10, 10], 0, 10],
] as const)('%s windows of %j over %j complete slabs along axis %i, %i deep', (rule, roi, shape, axis, depth) => {
  const grid = windowGrid(shape, inferer({ rule, roi: [...roi] }));
  const order = windowOrder(grid, shape);
  expect(order).toMatchObject({ axis, depth });
  const places = order.origins.map((origin) => origin[axis]);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(new Set(order.origins.map(String)).size).toBe(order.origins.length);
});

/** Bytes of the arrays that were allocated, of those large enough to be shared: the collector does not see their size. */
async function largeBytes(one: Case, post: TransformStep[], fusion: 'on' | 'off'): Promise<number> {
  const made = await bytesMade(() => run(one, post, fusion));
  return made.filter((bytes) => bytes >= 1 << 20).reduce((sum, bytes) => sum + bytes, 0);
}

test('memory is that of a slab and of the labels, not that of the logits', async () => {
  const one: Case = { shape: [48, 64, 64], inferer: inferer({ roi: [8, 64, 40], batchSize: 2 }), channels: 8, channelAxis: 'first' }; // prettier-ignore
  const voxels = volumes.sizeOf(one.shape);
  const slab = 4 * 8 * 8 * 64 * 64;
  // Two requests are under way, each with two windows.
  const answers = 2 * (4 * 2 * 8 * 8 * 64 * 40);
  const [slabs, whole] = [await largeBytes(one, chains[1], 'on'), await largeBytes(one, chains[1], 'off')];
  expect(slabs).toBeLessThanOrEqual(answers + slab + voxels);
  // Logits and probabilities.
  expect(whole).toBeGreaterThanOrEqual(2 * 4 * 8 * voxels);
});
