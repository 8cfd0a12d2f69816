import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { multiply } from '../../../../gateway/imaging/geometry';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { niftiGridOf } from '../../../../gateway/imaging/formats/nifti/result-geometry';
import { encodeNifti } from '../../../../gateway/imaging/formats/nifti/write-nifti';
import { firstAxisFastest, sizeOf, spatialShape } from '../../../../gateway/imaging/volume';
import { describeWithData } from '../../../shared-data';
import { temporaryFile } from '../temporary-file';
import { makeNifti1, makeNifti2 } from './make-nifti';

/** Fields that place the image, [offset, bytes, bytes per number]: pixdim[0..3], units, form codes, quaternion, offsets, srow. */
const fields = [[76, 16, 4], [123, 1, 1], [252, 4, 2], [256, 72, 4]]; // prettier-ignore

function geometry(file: Buffer): string[] {
  const bigEndian = file.readInt32BE(0) === 348;
  return fields.map(([at, length, size]) => {
    const bytes = Buffer.from(file.subarray(at, at + length));
    if (bigEndian && size === 2) bytes.swap16();
    if (bigEndian && size === 4) bytes.swap32();
    return bytes.toString('hex');
  });
}

async function maskOf(path: string) {
  const { volume } = await decodeImage(path, 'input.nii.gz');
  const shape = spatialShape(volume);
  const mask = {
    ...volume,
    data: new Uint8Array(sizeOf(shape)),
    shape,
    strides: firstAxisFastest(shape),
    axes: 'XYZ' as const,
  };
  return encodeNifti(mask, { dtype: 'uint8', image: niftiGridOf(volume.properties), compress: false });
}

const files = ['bigendian_i16.nii', 'bigendian_u8_noform.nii.gz', 'bigendian_u8_sform4.nii.gz', 'float64_psr.nii.gz', 'fmri_4d_aniso.nii.gz',
  'i16_4d_oblique.nii.gz', 'int64_4d1.nii.gz', 'oblique16_ct_pitch.nii.gz', 'orient_PIR.nii.gz', 'shear_slope_inter.nii.gz', 'slope0_label.nii.gz',
  'uint16_long.nii.gz']; // prettier-ignore

for (const file of files) {
  describeWithData(file, [`data/odd/${file}`], (path) => {
    test('sform, qform, pixdim and units are the same bytes', async () => {
      const bytes = readFileSync(path);
      expect(geometry(await maskOf(path))).toEqual(geometry(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes));
    });
  });
}

const source = { dim: [2, 2, 2], datatype: 2, voxels: new Uint8Array(8), units: 10 };
const sheared = { code: 3, rows: [1, 0, 0.75, 5, 0, 1, 0, 6, 0, 0, 1, 7] };

test('even when the sform was overruled by the qform on reading', async () => {
  const input = makeNifti1({ ...source, sform: sheared, qform: { code: 2, quatern: [0, 0, 0], offset: [1, 2, 3] } });
  expect(geometry(await maskOf(temporaryFile('a.nii', input)))).toEqual(geometry(input));
});

test('a result of another shape or place has the codes and the unit of its image, and its forms carried along', async () => {
  const qform = { code: 2, quatern: [0, 0, 1], offset: [1, 2, 3] };
  const input = makeNifti1({ ...source, units: 3, pixdim: [1, 1, 1, 1.25], sform: sheared, qform });
  const { volume } = await decodeImage(temporaryFile('a.nii', input), 'a.nii');
  const image = niftiGridOf(volume.properties);
  const written = async (changed: object) =>
    encodeNifti({ ...volume, ...changed }, { dtype: 'uint8', image, compress: false });
  expect(geometry(await written({ shape: [2, 2, 1] }))).toEqual(geometry(input));
  // Every second voxel of the first axis, from voxel 1 on.
  const step = multiply(volume.affine!, [2, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  const { properties } = (await decodeImage(temporaryFile('b.nii', await written({ affine: step })), 'b.nii')).volume;
  expect(properties.header).toMatchObject({
    qformCode: 2,
    sformCode: 3,
    xyztUnits: 3,
    pixdim: [1, 2, 1, 1.25, 1, 1, 1, 1],
    quatern: [expect.closeTo(0, 6), expect.closeTo(0, 6), expect.closeTo(1, 6)],
    qoffset: [0, 2, 3],
    srow: [2, 0, 0.75, 6, 0, 1, 0, 6, 0, 0, 1, 7],
  });
});

test('a NIfTI-2 image with a qform alone has its place in the sform too, which float32 holds better', async () => {
  // Half a turn about z but for 4e-4: float32 rounds the quaternion to a whole half.
  const angle = Math.PI - 4e-4;
  const qform = { code: 2, quatern: [0, 0, Math.sin(angle / 2)], offset: [1, 2, 3] };
  const input = temporaryFile('a.nii', makeNifti2({ ...source, pixdim: [1, 1, 1, 1], qform }));
  const { volume } = await decodeImage(input, 'a.nii');
  const file = await encodeNifti(volume, { dtype: 'uint8', image: niftiGridOf(volume.properties), compress: false });
  const mask = (await decodeImage(temporaryFile('b.nii', file), 'b.nii')).volume;
  expect(mask.properties.header).toMatchObject({ version: 1, qformCode: 2, sformCode: 2 });
  const wanted = [
    Math.cos(angle),
    -Math.sin(angle),
    0,
    1,
    Math.sin(angle),
    Math.cos(angle),
    0,
    2,
    0,
    0,
    1,
    3,
    0,
    0,
    0,
    1,
  ];
  for (const { affine } of [volume, mask]) affine!.forEach((value, at) => expect(value).toBeCloseTo(wanted[at], 6));
});
