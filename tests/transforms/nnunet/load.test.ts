import { makeNifti1 } from '../../imaging/formats/nifti/make-nifti';
import { temporaryFile } from '../../imaging/formats/temporary-file';
import { Sample, type RequestParams } from '../../../gateway/transforms/sample';
import { run } from '../samples';

const FLOAT32 = 16;

interface Made {
  name: string;
  values?: readonly number[];
  shape?: [number, number, number];
  spacing?: number;
  shift?: number;
}

async function load(made: readonly Made[], params: RequestParams = {}, args: object = {}) {
  const files = made.map(({ name, values, shape = [2, 1, 1], spacing = 1, shift = 0 }) => {
    const voxels = Buffer.from(Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, at) => values?.[at] ?? 1).buffer);
    const rows = [spacing, 0, 0, shift, 0, 1, 0, 0, 0, 0, 1, 0];
    return { name, path: temporaryFile(name, makeNifti1({ dim: shape, datatype: FLOAT32, voxels, sform: { code: 1, rows } })) };
  });
  const sample = new Sample(new Map([['image', files]]), params);
  await run(sample, 'NnunetLoadd', { keys: 'image', ...args });
  return { volume: sample.volume('image'), warned: sample.warned.map(({ text }) => text) };
} // prettier-ignore

test('a file for each channel, in the order in which they came', async () => {
  const { volume, warned } = await load([{ name: 't2_0000.nii', values: [3, 4] }, { name: 't1_0001.nii', values: [1, 2] }]); // prettier-ignore
  expect([volume.axes, [...volume.data], warned]).toEqual(['CXYZ', [3, 4, 1, 2], []]);
});

test.each<[string, Made, RegExp]>([
  ['shape', { name: 'b.nii', shape: [3, 1, 1] }, /"a\.nii" has 2 × 1 × 1 voxels and "b\.nii" has 3 × 1 × 1/],
  ['spacing', { name: 'b.nii', spacing: 1.0002 }, /"a\.nii" has voxels of 1 × 1 × 1 mm and "b\.nii" of 1\.0002 × 1 × 1 mm/],
])('another %s is refused with both', async (_, other, message) => {
  await expect(load([{ name: 'a.nii' }, other])).rejects.toThrow(message);
}); // prettier-ignore

test('what NumPy’s allclose calls one spacing is one', async () => {
  expect((await load([{ name: 'a.nii' }, { name: 'b.nii', spacing: 1.000005 }])).warned).toEqual([]);
});

test('another place is warned of, and voxels of the same indices belong together', async () => {
  const { volume, warned } = await load([{ name: 'a.nii' }, { name: 'b.nii', shift: 5, values: [7, 8] }]);
  expect([...volume.data]).toEqual([1, 1, 7, 8]);
  expect(volume.affine?.[3]).toBe(0);
  expect(warned).toEqual([expect.stringContaining('"b.nii" does not lie where "a.nii" does')]);
});

test('file names that are numbered the other way round are refused', async () => {
  const swapped = load([{ name: 'case_0001.nii' }, { name: 'case_0000.nii' }]);
  await expect(swapped).rejects.toThrow('"case_0001.nii" came as channel 0 and "case_0000.nii" as channel 1, against the numbers in their names'); // prettier-ignore
});

test('with canonical axes each file is turned by its own directions', async () => {
  const { volume } = await load([{ name: 'a.nii', values: [1, 2] }, { name: 'b.nii', values: [3, 4], spacing: -1, shift: 1 }], {}, { as_closest_canonical: true }); // prettier-ignore
  const rows = [0, 1].map((c) => [0, 1].map((x) => volume.data[c * volume.strides[0] + x * volume.strides[1]]));
  expect(rows).toEqual([[1, 2], [4, 3]]); // prettier-ignore
});

test('NaN is refused, unless the request says what it is to be', async () => {
  const image = [{ name: 'a.nii', values: [NaN, -3] }];
  await expect(load(image)).rejects.toThrow('1 of 2 voxels of "a.nii" are NaN, infinite or beyond float32, which is refused; params {"nan": "min"}'); // prettier-ignore
  const [zero, min] = [await load(image, { nan: 'zero' }), await load(image, { nan: 'min' })];
  expect([[...zero.volume.data], [...min.volume.data]]).toEqual([[0, -3], [-3, -3]]); // prettier-ignore
  expect(zero.warned).toEqual([expect.stringContaining('they count as 0')]);
});
