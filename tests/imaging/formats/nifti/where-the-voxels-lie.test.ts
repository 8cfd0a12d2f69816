import { spacingOf } from '../../../../gateway/imaging/geometry';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { temporaryFile } from '../temporary-file';
import { largestDifference } from '../voxels';
import { makeNifti1, type Recipe } from './make-nifti';

const affineOf = async (recipe: Partial<Recipe>) => {
  const dim = recipe.dim ?? [2, 2, 2];
  const voxels = new Uint8Array(dim.reduce((a, b) => a * b));
  const { volume } = await decodeImage(
    temporaryFile('a.nii', makeNifti1({ dim, datatype: 2, voxels, ...recipe })),
    'a.nii',
  );
  return volume.affine!;
};
const sheared = { code: 1, rows: [1, 0, 0.75, 5, 0, 1, 0, 6, 0, 0, 1, 7] };
const qform = { code: 1, quatern: [0, 0, 0], offset: [1, 2, 3] };

test('without any form: centred on the origin, x to the left (nibabel: shape 4,5,6, zooms 2,3,4)', async () => {
  expect(await affineOf({ dim: [4, 5, 6], pixdim: [1, 2, 3, 4] })).toEqual([
    -2, 0, 0, 3, 0, 3, 0, -6, 0, 0, 4, -10, 0, 0, 0, 1,
  ]);
});

test('the sform comes before the qform', async () => {
  const affine = await affineOf({ sform: { code: 4, rows: [-1, 0, 0, 9, 0, 1, 0, 8, 0, 0, 1, 7] }, qform });
  expect(affine).toEqual([-1, 0, 0, 9, 0, 1, 0, 8, 0, 0, 1, 7, 0, 0, 0, 1]);
});

test('the qform: quarter turn about z, qfac -1', async () => {
  const half = Math.fround(Math.SQRT1_2);
  const affine = await affineOf({
    pixdim: [-1, 2, 3, 4],
    qform: { code: 1, quatern: [0, 0, half], offset: [1, 2, 3] },
  });
  expect(largestDifference(affine, [0, -3, 0, 1, 2, 0, 0, 2, 0, 0, -4, 3, 0, 0, 0, 1])).toBeLessThan(1e-6);
});

test('a quaternion a rounding error too long is half a turn', async () => {
  const affine = await affineOf({ qform: { code: 1, quatern: [0, 0, 1.0000001], offset: [0, 0, 0] } });
  expect(largestDifference(affine, [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toBeLessThan(1e-6);
});

test('an sform whose columns contradict pixdim gives way to a qform, and only to a coded one', async () => {
  expect(spacingOf(await affineOf({ sform: sheared, qform, pixdim: [1, 1, 1, 1] }))).toEqual([1, 1, 1]);
  expect(spacingOf(await affineOf({ sform: sheared, pixdim: [1, 1, 1, 1] }))).toEqual([1, 1, 1.25]);
  expect(spacingOf(await affineOf({ sform: sheared, qform, pixdim: [1, 1, 1, 1.25] }))).toEqual([1, 1, 1.25]);
});

test('zero and negative zooms count as 1 and as their size', async () => {
  expect(spacingOf(await affineOf({ pixdim: [1, 0, -2, 3], qform }))).toEqual([1, 2, 3]);
});
