import { findTransform } from '../../gateway/transforms/registry';
import type { Volume } from '../../gateway/imaging/volume';
import { run, sampleWith } from './samples';

const values = [300.7, -1.5, 2.5, 40000, 0, -0.25];

function line(data: readonly number[], type: new (data: readonly number[]) => Volume['data'] = Float32Array): Volume {
  return { data: new type(data), shape: [1, data.length, 1], strides: [data.length, 1, 1], axes: 'CXY', properties: {} };
} // prettier-ignore

/** What numpy 2.4 and torch 2.13 make of `values` on x86: `np.float32([…]).astype(type)`. */
const asNumpy: [type: string, expected: number[]][] = [
  ['uint8', [44, 255, 2, 64, 0, 0]],
  ['int8', [44, -1, 2, 64, 0, 0]],
  ['uint16', [300, 65535, 2, 40000, 0, 0]],
  ['int16', [300, -1, 2, -25536, 0, 0]],
  ['int32', [300, -1, 2, 40000, 0, 0]],
  ['int64', [300, -1, 2, 40000, 0, 0]],
  ['bool', [1, 1, 1, 1, 0, 1]],
  ['float16', [300.75, -1.5, 2.5, 40000, 0, -0.25]],
  ['float32', [300.7, -1.5, 2.5, 40000, 0, -0.25].map(Math.fround)],
];

test.each(asNumpy)('EnsureTyped, ToTensord, ToNumpyd and CastToTyped to %s', async (type, expected) => {
  for (const name of ['EnsureTyped', 'ToTensord', 'ToNumpyd', 'CastToTyped']) {
    for (const dtype of [type, `np.${type}`, `$torch.${type}`]) {
      const sample = sampleWith({ image: line(values) });
      await run(sample, name, { keys: 'image', dtype });
      expect([...sample.volume('image').data]).toEqual(expected);
    }
  }
});

test('without dtype a container change leaves the type', async () => {
  const sample = sampleWith({ image: line([1, 2, 3], Int16Array) });
  await run(sample, 'EnsureTyped', { keys: 'image' });
  expect(sample.volume('image').data).toBeInstanceOf(Int16Array);
});

test.each([
  ['ScaleIntensityRanged', { a_min: 0, a_max: 4, b_min: 0, b_max: 10 }, [0, 4, 6], [0, 10, 15]],
  ['ScaleIntensityd', { minv: 0, maxv: 10 }, [0, 4, 6], [0, 6, 10]],
  ['NormalizeIntensityd', { subtrahend: 1, divisor: 0.4 }, [0, 2, 4], [-2, 2, 7]],
])('%s gives dtype int16, fractions cut', async (name, args, input, expected) => {
  const sample = sampleWith({ image: line(input) });
  await run(sample, name, { keys: 'image', ...args, dtype: 'int16' });
  expect(sample.volume('image').data).toEqual(Int16Array.from(expected));
});

/** MONAI 0.8.1 to 1.6.1: values are shifted, whatever clip says, and keep their type. */
test.each([
  ['ScaleIntensityRanged', { a_min: 5, a_max: 5, b_min: 0, b_max: 1, clip: true }, [3, 5, 9], [-2, 0, 4]],
  ['ScaleIntensityRanged', { a_min: 5, a_max: 5, b_min: 10, clip: true }, [3, 5, 9], [8, 10, 14]],
  ['ScaleIntensityRanged', { a_min: 5, a_max: 5 }, [3, 5, 9], [-2, 0, 4]],
  ['ScaleIntensityRangePercentilesd', { lower: 50, upper: 50, b_min: 0, b_max: 1, clip: true }, [3, 5, 9], [-2, 0, 4]],
  ['ScaleIntensityRangePercentilesd', { lower: 25, upper: 75, b_min: 7, b_max: 8 }, [5, 5, 5, 5, 90], [7, 7, 7, 7, 92]],
])('%s %j between equal ends only shifts', async (name, args, input, expected) => {
  const sample = sampleWith({ image: line(input) });
  await run(sample, name, { keys: 'image', ...args });
  expect([...sample.volume('image').data]).toEqual(expected);
});

test("Clara's ScaleIntensityRange between equal ends only shifts too", async () => {
  const sample = sampleWith({ image: line([3, 5, 9]) });
  await run(sample, 'ScaleIntensityRange', { fields: 'image', a_min: 5, a_max: 5, b_min: 1, b_max: 2, clip: true });
  expect([...sample.volume('image').data]).toEqual([-1, 1, 5]);
});

test.each([
  ['ScaleIntensityd', { minv: -1024, maxv: 1 }, [5, 5, 5], [-5120, -5120, -5120]],
  ['ScaleIntensityd', {}, [5, 5, 5], [0, 0, 0]],
  ['NormalizeIntensityd', {}, [5, 5, 5], [0, 0, 0]],
  ['NormalizeIntensityd', { nonzero: true }, [0, 5, 5], [0, 0, 0]],
])('%s %j of a constant image', async (name, args, input, expected) => {
  const sample = sampleWith({ image: line(input) });
  await run(sample, name, { keys: 'image', ...args });
  expect([...sample.volume('image').data]).toEqual(expected);
});

test.each([
  ['ScaleIntensityd', {}, [0, 0.5, 1]],
  ['ScaleIntensityRangePercentilesd', { lower: 0, upper: 100, b_min: 0, b_max: 1 }, [0, 0.5, 1]],
  ['NormalizeIntensityd', {}, [-1, 0, 1].map((step) => Math.fround(step * Math.sqrt(1.5)))],
])('%s measures the finite values: NaN and infinity stay single voxels', async (name, args, expected) => {
  for (const odd of [NaN, Infinity, -Infinity]) {
    const sample = sampleWith({ image: line([2, 4, odd, 6]) });
    await run(sample, name, { keys: 'image', ...args });
    const { data } = sample.volume('image');
    expect([data[0], data[1], data[3]]).toEqual(expected);
  }
});

test('an integer image stays one when it is shifted, wraps around, and with safe ends at the end of its type', async () => {
  const shifted = async (safe: boolean) => {
    const sample = sampleWith({ image: line([0, 100, 250], Uint8Array) });
    await run(sample, 'ShiftIntensityd', { keys: 'image', offset: 10, safe });
    return sample.volume('image').data;
  };
  expect(await shifted(false)).toEqual(Uint8Array.of(10, 110, 4));
  expect(await shifted(true)).toEqual(Uint8Array.of(10, 110, 255));
});

test.each([
  ['EnsureTyped', { dtype: 'complex64' }, /complex64.* is not a type that images have here; expected one of bool/],
  ['LoadImaged', { dtype: 'uint64' }, /uint64.* is not a type/],
  ['LoadImaged', { reader: 'WSIReader' }, /WSIReader.* cannot be run/],
  ['LoadImaged', { reader: { _target_: 'ITKReader', series_name: '1.2.3' } }, /one series/],
  ['LoadImaged', { series_name: '1.2.3' }, /one series/],
  ['Spacingd', { pixdim: 1, dtype: 'int16' }, /float32 or float64/],
  ['Resized', { spatial_size: 8, dtype: 'uint8' }, /float32 or float64/],
  ['Lambdad', { func: '$lambda x: x', inv_func: '$lambda x: x + 1' }, /cannot be run/],
])('%s %j is refused by name', (name, args, message) => {
  const { error } = findTransform(name)!.args.safeParse({ keys: 'image', ...args });
  expect(JSON.stringify(error?.issues ?? 'accepted')).toMatch(message);
});
