import { applyAffine } from '../../../../gateway/imaging/geometry';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { qformAffine } from '../../../../gateway/imaging/formats/nifti/geometry';
import type { NiftiHeader } from '../../../../gateway/imaging/formats/nifti/header';
import { encodeNifti } from '../../../../gateway/imaging/formats/nifti/write-nifti';
import { firstAxisFastest } from '../../../../gateway/imaging/volume';
import type { VoxelType } from '../../../../gateway/imaging/formats/value-types';
import { temporaryFile } from '../temporary-file';
import { largestDifference } from '../voxels';
import goldens from '../../../golden/imaging_written.json';

const qform = { from: 256, to: 280 };
/** Shears cannot be said in a qform: ours is the nearest one about the middle of the image, not about its first voxel. */
const offsets = { from: 268, to: 280 };

test.each(goldens.map((golden) => [golden.name, golden.dtype, golden] as const))('%s, %s', async (_, dtype, golden) => {
  const shape = [2, 3, 4];
  const data = Float64Array.from({ length: 24 }, (__, i) => i);
  const volume = {
    data,
    shape,
    strides: firstAxisFastest(shape),
    axes: 'XYZ' as const,
    affine: golden.affine,
    properties: {},
  };
  const ours = await encodeNifti(volume, { dtype: dtype as VoxelType, compress: false });
  const theirs = Buffer.from(golden.file, 'base64');
  expect(ours.length).toBe(theirs.length);
  // The quaternion comes from another algorithm and may differ in the last digit.
  const last = golden.name.startsWith('oblique') ? offsets.from : qform.to;
  for (let at = qform.from; at < last; at += 4) expect(ours.readFloatLE(at)).toBeCloseTo(theirs.readFloatLE(at), 6);
  const { header } = (await decodeImage(temporaryFile('a.nii', ours), 'a.nii')).volume.properties;
  const middle = [0.5, 1, 1.5];
  const byQform = applyAffine(qformAffine(header as NiftiHeader), middle);
  expect(largestDifference(byQform, applyAffine(golden.affine, middle))).toBeLessThan(1e-5);
  const rest = (file: Buffer) => Buffer.concat([file.subarray(0, qform.from), file.subarray(qform.to)]).toString('hex');
  expect(rest(ours)).toBe(rest(theirs));
});
