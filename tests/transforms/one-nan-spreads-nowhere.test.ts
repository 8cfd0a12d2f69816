import { gzipSync } from 'node:zlib';
import { findTransform } from '../../gateway/transforms/registry';
import { RequestError, Sample, type Json } from '../../gateway/transforms/sample';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { temporaryFile } from '../imaging/formats/temporary-file';
import { textsOf } from '../texts-of';

const FLOAT32 = 16;
const shape = [12, 11, 10];
const numbers = Float32Array.from({ length: 1320 }, (_, at) => Math.fround(Math.sin(at) * 100 + (at % 12)));
const lowest = numbers.reduce((a, b) => Math.min(a, b));
/** The same image with its smallest value, or with what is no number, in some places. */
const imageWith = (value: number) => {
  const values = numbers.map((number, at) => (at % 97 === 5 ? value : number));
  const file = makeNifti1({ dim: shape, datatype: FLOAT32, voxels: new Uint8Array(values.buffer), units: 2 });
  return temporaryFile('image.nii.gz', gzipSync(file));
};

async function run(path: string, steps: [string, object][], params: Record<string, Json> = {}) {
  const sample = new Sample(new Map([['image', [{ path, name: 'image.nii.gz' }]]]), params);
  for (const [name, args] of [['LoadImaged', {}], ['EnsureChannelFirstd', {}], ...steps] as [string, object][]) {
    const transform = findTransform(name)!;
    await transform.apply(sample, transform.args.parse({ keys: 'image', ...args }), { resampling: 'half-pixel', monai: '1.5.2', bundle: true }); // prettier-ignore
  }
  return sample;
}

test.each<[string, object]>([
  ['NormalizeIntensityd', {}],
  ['NormalizeIntensityd', { nonzero: true, channel_wise: true }],
  ['ScaleIntensityd', {}],
  ['ScaleIntensityRangePercentilesd', { lower: 1, upper: 99, b_min: 0, b_max: 1 }],
  ['ScaleIntensityRanged', { a_min: -50, a_max: 50, b_min: 0, b_max: 1, clip: true }],
  ['Spacingd', { pixdim: [0.7, 1.3, 2], mode: 'bilinear' }],
  ['Resized', { spatial_size: [7, 9, 11], mode: 'trilinear' }],
  ['Resized', { spatial_size: [7, 9, 11], mode: 'area' }],
  ['GaussianSmoothd', { sigma: 1 }],
  ['CropForegroundd', { source_key: 'image' }],
])('%s %j gives the numbers of the image without NaN', async (name, args) => {
  const expected = (await run(imageWith(lowest), [[name, args]])).volume('image');
  for (const value of [NaN, Infinity, -Infinity]) {
    const sample = await run(imageWith(value), [[name, args]]);
    expect(textsOf(sample.warned)).toEqual([expect.stringMatching(/^14 of 1320 voxels of "image\.nii\.gz" are NaN/)]);
    const { data, shape: found } = sample.volume('image');
    expect(found).toEqual(expected.shape);
    expect([...data]).toEqual([...expected.data]);
    expect(data.every(Number.isFinite)).toBe(true);
  }
});

test('params.nan', async () => {
  const path = imageWith(NaN);
  expect((await run(path, [], { nan: 'zero' })).volume('image').data[5]).toBe(0);
  expect((await run(path, [], { nan: null })).volume('image').data[5]).toBe(lowest);
  await expect(run(path, [], { nan: 'refuse' })).rejects.toThrow(/14 of 1320 voxels/);
  await expect(run(path, [], { nan: 'mean' })).rejects.toThrow(RequestError);
  await expect(run(path, [], { nan: 'mean' })).rejects.toThrow('nan is "mean"; expected one of min, zero, refuse');
});
