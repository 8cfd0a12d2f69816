import { encodeNifti } from '../../../../gateway/imaging/formats/nifti/write-nifti';
import { firstAxisFastest } from '../../../../gateway/imaging/volume';
import type { NiftiDtype } from '../../../../gateway/imaging/formats/nifti/datatypes';
import goldens from '../../../golden/imaging_written.json';

const quaternion = { from: 256, to: 268 };

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
  const ours = await encodeNifti(volume, { dtype: dtype as NiftiDtype, compress: false });
  const theirs = Buffer.from(golden.file, 'base64');
  expect(ours.length).toBe(theirs.length);
  // The quaternion (not in force: qform_code is 0) comes from another algorithm and may differ in the last digit.
  for (let at = quaternion.from; at < quaternion.to; at += 4)
    expect(ours.readFloatLE(at)).toBeCloseTo(theirs.readFloatLE(at), 6);
  const rest = (file: Buffer) =>
    Buffer.concat([file.subarray(0, quaternion.from), file.subarray(quaternion.to)]).toString('hex');
  expect(rest(ours)).toBe(rest(theirs));
});
