import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeImage, toFloat32 } from '../../gateway/imaging/formats/decode';
import { gather } from '../../gateway/imaging/ops/copy/windows';
import type * as memory from '../../gateway/arena';
import { sizeOf, spatialShape, type Axes, type NumericArray, type Volume } from '../../gateway/imaging/volume';
import { runChain } from '../../gateway/pipeline/chain';
import { bindInput, cutWindows } from '../../gateway/pipeline/inferers/tensors';
import type { Job } from '../../gateway/pipeline/job';
import { planPasses } from '../../gateway/pipeline/fusion';
import type { ModelSpec, TransformStep } from '../../gateway/model-spec';
import { StageClock } from '../../gateway/telemetry/stages';
import { findTransform } from '../../gateway/transforms/registry';
import { Sample } from '../../gateway/transforms/sample';
import { volumeOf } from '../imaging/ops/volumes';
import { sharedData } from '../shared-data';
import { bytesMade } from './bytes-made';
import { offlineContext } from './offline-context';
import { testThatNeeds } from '../needs';

jest.mock('../../gateway/arena', () => {
  const actual = jest.requireActual<typeof memory>('../../gateway/arena');
  return { ...actual, allocate: jest.fn(actual.allocate), allocateUnset: jest.fn(actual.allocateUnset) };
});

const SEED = 20_261_126;
const data = sharedData('data');

const step = (name: string, args: object): TransformStep => {
  const definition = findTransform(name)!;
  return { name: definition.name, args: definition.args.parse(args) as Record<string, unknown> };
};
const clara = (name: string, args: object) => step(name, { fields: 'image', ...args });
const monai = (name: string, args: object) => step(name, { keys: 'image', ...args });

/** What works voxel by voxel, what resamples, and what needs the whole image and stands between. */
const steps: TransformStep[] = [
  clara('ScaleIntensityRange', { a_min: -57, a_max: 164, b_min: 0, b_max: 1, clip: true }),
  clara('CenterData', { subtrahend: 101.3, divisor: 37.7 }),
  clara('ThresholdValues', { threshold: 0.31 }),
  monai('ScaleIntensityRanged', { a_min: 10, a_max: 190, b_min: -1, clip: true }),
  monai('ShiftIntensityd', { offset: 0.1 }),
  monai('ThresholdIntensityd', { threshold: 20, above: false, cval: 3 }),
  monai('ScaleIntensityd', { minv: null, maxv: null, factor: 0.37 }),
  monai('NormalizeIntensityd', { subtrahend: 208, divisor: 388 }),
  monai('CastToTyped', { dtype: 'int16' }),
  monai('Activationsd', { sigmoid: true }),
  monai('Activationsd', { softmax: true }),
  monai('AsDiscreted', { threshold: 0.4 }),
  monai('EnsureTyped', {}),
  monai('Lambdad', { func: 'lambda x: x * 3 + 1' }),
  clara('ScaleByResolution', { target_resolution: [1.7, 2.3, 3.1] }),
  clara('ScaleByFactor', { factor: 0.7 }),
  clara('ScaleToShape', { target_shape: [17, 9, 12] }),
  monai('Spacingd', { pixdim: [2.1, 1.3, 1.9] }),
  monai('Spacingd', { pixdim: [2, 2, 2], mode: 'nearest' }),
  monai('Spacingd', { pixdim: [1.5, 1.5, -1], padding_mode: 'zeros' }),
  monai('NormalizeIntensityd', { nonzero: true }),
  monai('ScaleIntensityd', {}),
  monai('Flipd', { spatial_axis: 1 }),
  monai('SpatialPadd', { spatial_size: [15, 16, 3] }),
];

const sha256 = (array: NumericArray) =>
  createHash('sha256')
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest('hex');

/** The values in C order, as a digest: exact, and quickly compared. */
function bitsOf(volume: Volume): string {
  const out = new (volume.data.constructor as new (length: number) => NumericArray)(sizeOf(volume.shape));
  gather(volume, volume.shape.map(() => 0), volume.shape, out); // prettier-ignore
  return sha256(out);
}

/** What the chain makes of the image, and what the model would be sent. */
async function run(image: Volume, pre: TransformStep[], roi: number[] | undefined, fusion: 'on' | 'off') {
  const inferer = roi ? { kind: 'scanning-window', roi } : { kind: 'simple' };
  const tensor = { name: 'IN', data_type: 'TYPE_FP32', dims: new Array<number>(image.shape.length).fill(-1) };
  const spec = { name: 'm', dialect: 'clara-4', pre, post: [], inference: { inferer }, triton: { max_batch_size: 1, input: [tensor] } } as unknown as ModelSpec; // prettier-ignore
  const job = { spec, image: { name: 'x', path: 'x' }, options: { resampling: 'half-pixel', fusion } } as Job;
  const sample = new Sample(new Map(), {});
  sample.volumes.set('image', image);
  const context = offlineContext(() => Promise.resolve(new Map()));
  const failure = await runChain({ job, sample, context, clock: new StageClock() }, { name: 'pre_transforms', stage: 'pre', steps: pre }).then(() => undefined, String); // prettier-ignore
  if (failure) return { failure };
  const volume = sample.volume('image');
  const window = spatialShape(volume);
  const padding = { mode: 'constant' } as const;
  const bound = bindInput(spec, { tensor: 'IN', field: 'image' }, sample, window, padding);
  const sent = cutWindows(bound, [window.map(() => 0)], padding);
  return {
    voxels: { type: volume.data.constructor.name, axes: volume.axes, shape: volume.shape, values: bitsOf(volume) },
    geometry: { affine: volume.affine, properties: volume.properties, history: sample.history },
    sent: { shape: sent.shape, type: sent.data.constructor.name, values: sha256(sent.data as Float32Array) },
  };
}

async function expectSame(image: Volume, chain: TransformStep[], roi?: number[]): Promise<void> {
  const before = sha256(image.data);
  expect(await run(image, chain, roi, 'on')).toEqual(await run(image, chain, roi, 'off'));
  expect(sha256(image.data)).toEqual(before);
}

const withChannel = (volume: Volume): Volume =>
  volume.axes.includes('C')
    ? volume
    : { ...volume, axes: `C${volume.axes}` as Axes, shape: [1, ...volume.shape], strides: [volume.data.length, ...volume.strides] }; // prettier-ignore

const affine = [-1.1, 0, 0, 90, 0, 1.6, 0, -126, 0, 0, 2.4, -72, 0, 0, 0, 1];
const chain = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 6 });
const windows = fc.constantFrom<number[] | undefined>(undefined, [64, 64, 64], [1, 64, 64], [64, 64, 1]);

test('random chains over random grids, one voxel wide too: the same numbers bit by bit, or the same refusal', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 22 }), { minLength: 3, maxLength: 3 });
  const types = fc.constantFrom(Float32Array, Int16Array, Uint8Array, Float64Array);
  const memories = fc.constantFrom<number[]>([1, 2, 3, 0], [3, 2, 1, 0], [0, 1, 2, 3], [2, 3, 1, 0]);
  await fc.assert(
    fc.asyncProperty(lengths, fc.integer({ min: 1, max: 3 }), types, memories, chain, windows, async (shape, channels, type, memory, list, roi) => {
      const whole = [channels, ...shape];
      const values = Array.from({ length: sizeOf(whole) }, (_, at) => ((at * 7919) % 509) - 120.5);
      const image = volumeOf(whole, values, { axes: 'CXYZ', memory, type: type as new (n: number) => NumericArray });
      await expectSame({ ...image, affine }, list, roi);
    }),
    { seed: SEED, numRuns: 300 },
  );
}); // prettier-ignore

// Large enough for many slabs and pieces.
const files = ['odd/orient_SLA.nii.gz', 'odd/bigendian_i16.nii', 'odd/shear_slope_inter.nii.gz', 'odd/i16_4d_oblique.nii.gz', 'odd/rgb24.nii.gz', 'odd/uint16_long.nii.gz']; // prettier-ignore
const found = data ? files.filter((file) => existsSync(join(data, file))) : [];

testThatNeeds('../shared/data/odd', found.length)('random chains over real images', async () => {
  for (const [number, file] of found.entries()) {
    const decoded = withChannel(toFloat32(await decodeImage(join(data!, file), file)));
    // A chain gives back what it replaces.
    const image = { ...decoded, data: decoded.data.slice() };
    for (const list of fc.sample(chain, { seed: SEED + number, numRuns: 3 })) await expectSame(image, list);
  }
});

const intensities = steps.slice(0, 2);
const ofLarge = (memory = [1, 2, 3, 0]): Volume => {
  const shape = [1, 70, 61, 83];
  const volume = volumeOf(shape, Float32Array.from({ length: sizeOf(shape) }, (_, at) => (at * 7919) % 509), { axes: 'CXYZ', memory }); // prettier-ignore
  return { ...volume, affine };
};

test('a step that fails in a pass is named with its place in the chain', async () => {
  const list = [intensities[0], intensities[1], monai('Lambdad', { func: 'lambda x: x[[0, 4]]' })];
  const failures = [await run(ofLarge(), list, undefined, 'on'), await run(ofLarge(), list, undefined, 'off')];
  expect(failures[0]).toEqual(failures[1]);
  expect(failures[0].failure).toMatch(/pre_transforms\[2\] Lambdad/);
});

test('neighbours over one image are joined', () => {
  const named = planPasses([
    ...intensities,
    monai('Flipd', { spatial_axis: 0 }),
    intensities[0],
    step('ShiftIntensityd', { keys: 'label', offset: 1 }),
    monai('NormalizeIntensityd', {}),
    monai('EnsureTyped', {}),
    ...intensities,
  ]).map(({ steps: joined }) => joined.length);
  expect(named).toEqual([2, 1, 1, 1, 1, 3]);
});

test('a pass over one image makes one array of its size, each step alone one of its own, and all make the tensor', async () => {
  const list = [...intensities, ...intensities];
  const arrays = async (fusion: 'on' | 'off') => {
    const image = ofLarge();
    const made = await bytesMade(() => run(image, list, undefined, fusion));
    return made.filter((bytes) => bytes >= image.data.byteLength).length;
  };
  expect([await arrays('on'), await arrays('off')]).toEqual([1 + 1, 4 + 1]);
});
