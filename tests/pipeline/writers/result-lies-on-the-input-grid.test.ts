import { closestCanonical } from '../../../gateway/imaging/geometry';
import { firstAxisFastest, spatialShape } from '../../../gateway/imaging/volume';
import { makeNifti1 } from '../../imaging/formats/nifti/make-nifti';
import { voxelsOf } from '../../imaging/formats/voxels';
import { run } from '../../transforms/samples';
import { prediction, sampleOf, written } from './writer-bench';

// PIR: none of the axes is where RAS has it.
const sform = { code: 2, rows: [0, 0, 2, 1, -2, 0, 0, 2, 0, -2, 0, 3] };
const turned = { code: 2, rows: [0, -2, 0, 9, -3, 0, 0, 8, 0, 0, 1, 7] };
const values = Array.from({ length: 24 }, (_, i) => i);
const upload = makeNifti1({
  dim: [2, 3, 4],
  datatype: 2,
  voxels: Uint8Array.from(values),
  pixdim: [1, 2, 2, 2],
  sform,
  units: 2,
});
const affine = [...sform.rows, 0, 0, 0, 1];
const layout = (shape: number[]) => ({ shape, strides: firstAxisFastest(shape) });

describe.each([
  ['WriteNifti', { field: 'model', dtype: 'uint8' }, 'model'],
  ['Writer', { image: 'pred' }, 'pred'],
])('%s', (writer, args, field) => {
  test('a prediction without affine takes the input’s', async () => {
    const { sample, image, file } = await sampleOf({ upload });
    sample.volumes.set(field, prediction(values, image));
    const { volume, file: result } = await written(sample, file, writer, args);
    expect(result).toMatchObject({ name: 'result.nii.gz', contentType: 'application/octet-stream' });
    expect(volume.affine).toEqual(affine);
    expect(volume.properties.header).toMatchObject({ sformCode: 2, qformCode: 0, xyztUnits: 2, datatype: 2 });
    expect([...voxelsOf(volume)]).toEqual(values);
  });

  test.each([
    ['with its properties copied', true],
    ['without anything copied', false],
  ])('a prediction in canonical axes goes back, %s', async (_, copied) => {
    const { sample, image, file } = await sampleOf({ upload });
    const canonical = closestCanonical(image);
    canonical.properties.originalShape = spatialShape(canonical);
    sample.volumes.set('image', canonical);
    sample.volumes.set(field, copied ? canonical : { ...canonical, affine: undefined, properties: {} });
    const { volume } = await written(sample, file, writer, args);
    expect(volume.affine).toEqual(affine);
    expect([...voxelsOf(volume)]).toEqual(values);
  });

  test('so does one of a plane', async () => {
    const plane = makeNifti1({ dim: [2, 3], datatype: 2, voxels: Uint8Array.from([1, 2, 3, 4, 5, 6]), sform: turned });
    const { sample, image, file } = await sampleOf({ upload: plane });
    const canonical = closestCanonical(image);
    canonical.properties.originalShape = spatialShape(canonical);
    sample.volumes.set('image', canonical);
    sample.volumes.set(field, canonical);
    const { volume } = await written(sample, file, writer, args);
    expect([volume.axes, volume.affine, [...voxelsOf(volume)]]).toEqual([
      'XY',
      [...turned.rows, 0, 0, 0, 1],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  test('a prediction on a crop that no step undid is put back, with zeros around it', async () => {
    const { sample, image, file } = await sampleOf({ upload });
    await run(sample, 'CropSubVolumeCenter', { fields: 'image', size: [2, 1, 2] });
    await run(sample, 'SymmetricPadderDiv', { fields: 'image', k: 3 });
    sample.volumes.set(field, { ...prediction(new Float32Array(27).fill(7), image), ...layout([3, 3, 3]) });
    const { volume } = await written(sample, file, writer, args);
    expect([volume.shape, volume.affine]).toEqual([[2, 3, 4], affine]);
    const inside = (at: number) => Math.floor(at / 2) % 3 === 1 && [1, 2].includes(Math.floor(at / 6));
    expect([...voxelsOf(volume)]).toEqual(values.map((at) => (inside(at) ? 7 : 0)));
  });

  test('a prediction of another shape is written where its own affine says', async () => {
    const { sample, image, file } = await sampleOf({ upload });
    const half = [4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1];
    sample.volumes.set(field, { ...prediction([1, 2], image), shape: [2, 1, 1], affine: half });
    const { volume } = await written(sample, file, writer, args);
    expect([volume.shape, volume.affine]).toEqual([[2, 1, 1], half]);
  });
});

test('a prediction of another shape without any affine is written with the identity', async () => {
  const { sample, image, file } = await sampleOf({ upload });
  sample.volumes.set('model', { ...prediction([1, 2], image), shape: [2, 1, 1] });
  const { volume } = await written(sample, file, 'WriteNifti', { field: 'model' });
  expect([volume.shape, volume.affine]).toEqual([[2, 1, 1], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]]); // prettier-ignore
});

test('use_identity, transpose_axes and squeeze', async () => {
  const { sample, image, file } = await sampleOf({ upload });
  sample.volumes.set('model', prediction(values, image));
  const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const plain = await written(sample, file, 'WriteNifti', {
    field: 'model',
    use_identity: true,
    transpose_axes: [2, 0, 1],
  });
  expect([plain.volume.affine, plain.volume.shape]).toEqual([identity, [4, 2, 3]]);
  // numpy: x.transpose(2, 0, 1)[k, i, j] is x[i, j, k]
  expect(plain.volume.data[3 + 4 * (1 + 2 * 2)]).toBe(1 + 2 * (2 + 3 * 3));

  sample.volumes.set('model', { ...prediction(values.slice(0, 12), image), shape: [1, 3, 4], strides: [1, 1, 3] });
  const flat = await written(sample, file, 'WriteNifti', { field: 'model', squeeze: true });
  expect([flat.volume.axes, flat.volume.shape, [...flat.volume.data]]).toEqual(['XY', [3, 4], values.slice(0, 12)]);
  await expect(written(sample, file, 'WriteNifti', { field: 'model', transpose_axes: [0, 0, 1] })).rejects.toThrow(
    'transpose_axes',
  );
});

test('several channels become the fourth dimension', async () => {
  const { sample, image, file } = await sampleOf({ upload });
  sample.volumes.set('model', {
    ...prediction([...values, ...values], image),
    axes: 'CXYZ',
    shape: [2, 2, 3, 4],
    strides: [24, 1, 2, 6],
  });
  const { volume } = await written(sample, file, 'WriteNifti', { field: 'model', dtype: 'uint8' });
  expect([volume.axes, volume.shape, volume.affine]).toEqual(['XYZC', [2, 3, 4, 2], affine]);
});
