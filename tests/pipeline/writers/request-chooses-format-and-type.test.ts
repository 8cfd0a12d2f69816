import { readFileSync } from 'node:fs';
import { encodePng } from '../../../gateway/imaging/formats/png';
import { RequestError } from '../../../gateway/transforms/sample';
import type { RequestParams } from '../../../gateway/transforms/sample';
import { writeResult } from '../../../gateway/pipeline/writers/writers';
import { makeNifti1 } from '../../imaging/formats/nifti/make-nifti';
import { voxelsOf } from '../../imaging/formats/voxels';
import { prediction, sampleOf, written } from './writer-bench';
import { resultPath } from '../result-path';

const nifti = makeNifti1({ dim: [2, 2, 1], datatype: 2, voxels: Uint8Array.of(1, 2, 3, 4) });

async function write(
  writer: string,
  args: object,
  params: RequestParams = {},
  values = [0, 1, 2, 200],
  upload?: Buffer,
) {
  const { sample, image, file } = await sampleOf({ upload: upload ?? nifti, params });
  sample.volumes.set('pred', prediction(values, image));
  return written(sample, file, writer, args);
}

describe.each([
  ['Writer', { image: 'pred' }],
  ['WriteNifti', { field: 'pred', dtype: 'uint8' }],
])('%s', (writer, args) => {
  test.each<[RequestParams, string, string]>([
    [{}, 'result.nii.gz', 'Uint8Array'],
    [{ result_extension: '.nii', result_dtype: 'uint16' }, 'result.nii', 'Uint16Array'],
    [{ result_extension: 'nii.gz', result_dtype: 'float32', result_compress: false }, 'result.nii.gz', 'Float32Array'],
    [{ result_compress: 'False' }, 'result.nii', 'Uint8Array'],
    [{ result_dtype: 'int8' }, 'result.nii.gz', 'Int16Array'],
    [{ result_extension: '.png' }, 'result.png', 'Uint8Array'],
    [{ result_extension: '.nrrd', result_dtype: 'uint16', result_compress: true }, 'result.nrrd', 'Uint16Array'],
    [{ result_extension: 'nrrd' }, 'result.nrrd', 'Uint8Array'],
    [{ result_extension: '.mha', result_compress: true }, 'result.mha', 'Uint8Array'],
    [{ result_extension: null, result_dtype: '' }, 'result.nii.gz', 'Uint8Array'],
  ])('%j', async (params, name, type) => {
    const { file, volume } = await write(writer, args, params);
    expect([file!.name, volume.data.constructor.name]).toEqual([name, type]);
    expect([...voxelsOf(volume)]).toEqual([0, 1, 2, 200]);
    const bytes = readFileSync(resultPath(file!));
    expect(bytes[0] === 0x1f).toBe(name.endsWith('.gz'));
  });

  test.each<[RequestParams, string]>([
    [
      { result_extension: '.jpg' },
      'result_extension is ".jpg"; results can be written as .nii.gz, .nii, .nrrd, .mha, .png',
    ],
    [{ result_dtype: 'complex64' }, 'result_dtype is "complex64"; voxel types are uint8, uint16,'],
    [{ result_dtype: 7 }, 'result_dtype is 7'],
    [{ result_compress: 'maybe' }, 'result_compress is "maybe"; expected true or false'],
  ])('%j is the request’s fault', async (params, message) => {
    const failure = await write(writer, args, params).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RequestError);
    expect((failure as Error).message).toContain(message);
  });
});

test.each([
  [[0, 1, 255, 3], 'Uint8Array'],
  [[0, 1, 256, 3], 'Uint16Array'],
  [[0, 1, 0.5, 3], 'Float32Array'],
  [[0, -1, 2, 3], 'Float32Array'],
])('Writer without a wish: %j is stored as %s', async (values, type) => {
  expect((await write('Writer', { image: 'pred' }, {}, values)).volume.data.constructor.name).toBe(type);
});

test('Writer answers a PNG with a PNG', async () => {
  const gray = { data: Uint8Array.of(9, 8, 7, 6), shape: [2, 2], strides: [2, 1], axes: 'XY' as const, properties: {} };
  const { file, volume } = await write('Writer', { image: 'pred' }, {}, [1, 2, 3, 4], encodePng(gray));
  expect(file).toMatchObject({ name: 'result.png', contentType: 'image/png' });
  expect([...volume.data]).toEqual([1, 2, 3, 4]);
});

test('Writer passes the JSON of its field on', async () => {
  const { sample, image, file } = await sampleOf({ upload: nifti });
  sample.volumes.set('pred', prediction([0, 0, 0, 1], image));
  sample.values.set('result', { points: [[1, 1, 0]] });
  expect((await written(sample, file, 'Writer', { image: 'pred', json: 'result' })).json).toEqual({
    points: [[1, 1, 0]],
  });
  expect((await written(sample, file, 'Writer', { image: 'pred', json: 'nothing' })).json).toEqual({});
});

test('WritePng stores the values as they are, or stretched by scale', async () => {
  expect([...voxelsOf((await write('WritePng', { field: 'pred' }, {}, [0, 1, 2, 255])).volume)]).toEqual([
    0, 1, 2, 255,
  ]);
  expect([...voxelsOf((await write('WritePng', { field: 'pred', scale: 255 }, {}, [0, 1, 0.5, 2])).volume)]).toEqual([
    0, 255, 127, 255,
  ]);
  expect([...voxelsOf((await write('WritePng', { field: 'pred', scale: 65535 }, {}, [0, 1, 0.5, 2])).volume)]).toEqual([
    0, 65535, 32767, 65535,
  ]);
});

test.each<[string, object, RequestParams, string]>([
  ['WriteNifti', { field: 'pred', dtype: 'uint8' }, {}, 'a voxel is 300'],
  ['WriteNifti', { field: 'pred', dtype: 'uint8' }, { result_extension: '.nrrd' }, 'a voxel is 300'],
  ['WriteNifti', { field: 'pred', dtype: 'uint8' }, { result_extension: '.mha' }, 'a voxel is 300'],
  ['Writer', { image: 'pred' }, { result_dtype: 'uint8' }, 'with "result_dtype"'],
  ['Writer', { image: 'pred', key_dtype: 'kind' }, { kind: 'uint8' }, 'with "kind"'],
  ['Writer', { image: 'pred' }, { result_dtype: 'int8', result_extension: '.png' }, 'from 0 to 65535'],
  ['SaveImaged', { keys: 'pred', output_dtype: 'uint8' }, {}, 'its SaveImaged'],
  ['WritePng', { field: 'pred' }, {}, 'from 0 to 255'],
])('%s %j %j: a label that the type does not hold is an error, never another label', async (...request) => {
  const [writer, args, params, said] = request;
  const values = said.includes('65535') ? [0, 1, -2, 3] : [0, 1, 2, 300];
  const failure = await write(writer, args, params, values).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RequestError);
  expect((failure as Error).message).toContain(said);
});

test('a volume cannot be a PNG', async () => {
  const upload = makeNifti1({ dim: [2, 1, 2], datatype: 2, voxels: new Uint8Array(4) });
  await expect(write('Writer', { image: 'pred' }, { result_extension: '.png' }, [0, 0, 0, 0], upload)).rejects.toThrow(
    'cannot be written as PNG',
  );
});

test('an unknown writer and a missing field are named', async () => {
  const { sample, file } = await sampleOf({ upload: nifti });
  const job = { params: {}, image: file, directory: '.' };
  await expect(writeResult(sample, { name: 'WriteDicom', args: {} }, job)).rejects.toThrow(
    'does not know the writer "WriteDicom"',
  );
  await expect(written(sample, file, 'Writer', { image: 'pred' })).rejects.toThrow(
    'no image in the field "pred" (fields with an image: image)',
  );
});
