import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { numbers } from '../imaging/simd/arrays';
import { infer, openSession, putModel, type Answer } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, flags: { workers: 1 } });
  expect((await putModel(gateway.url, 'scaled', config, identityModel())).status).toBe(200);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

/** Answers the image as the network gets it. Both pre-transforms give the same for each click. */
const config = {
  ...brightConfig({ scanning_window: false }),
  pre_transforms: [
    { name: 'LoadNifti', args: { fields: 'image' } },
    { name: 'ConvertToChannelsFirst', args: { fields: 'image' } },
    { name: 'ScaleIntensityRange', args: { fields: 'image', a_min: 0, a_max: 1000, b_min: 0, b_max: 1 } },
  ],
  post_transforms: [{ name: 'CopyProperties', args: { fields: 'model', from_field: 'image', properties: ['affine'] } }],
  writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'float32' } },
};

/** 4 MB as float32, none of it like in an image of another seed. */
function imageOf(seed: number, dim: [number, number, number] = [128, 128, 64]): Buffer {
  const next = numbers(seed, 1000);
  const voxels = Int16Array.from({ length: dim[0] * dim[1] * dim[2] }, () => next.next().value);
  return makeNifti1({ dim, datatype: 4, voxels: new Uint8Array(voxels.buffer) });
}

const options = { query: 'output=image', fileName: 'image.nii', params: { result_extension: '.nii' } };
const upload = (image: Buffer) => infer(gateway.url, 'scaled', image, options);
const click = (session: string) =>
  infer(gateway.url, 'scaled', undefined, { ...options, query: `output=image&session_id=${session}` });

function maskOf({ status, image, json }: Answer): Buffer {
  expect({ status, message: json?.error?.message }).toEqual({ status: 200 });
  return image!;
}

const isFromCache = ({ headers }: Answer) => /\bcache;dur/.test(headers.get('server-timing')!);

test('an image that is kept for a session is the same after the thread has used its memory for many others', async () => {
  const images = [1, 2].map((seed) => imageOf(seed));
  const expected: Buffer[] = [];
  for (const image of images) expected.push(maskOf(await upload(image)));
  expect(expected[0].equals(expected[1])).toBe(false);

  const sessions: string[] = [];
  for (const [n, image] of images.entries()) {
    sessions.push(await openSession(gateway.url, image));
    const first = await click(sessions[n]);
    expect([isFromCache(first), maskOf(first).equals(expected[n])]).toEqual([false, true]);
  }
  for (const round of [1, 2]) {
    // As large as those, and larger: 64 MB of arrays, after which garbage is collected.
    for (const z of [64, 64, 120]) maskOf(await upload(imageOf(10 * round + z, [128, 128, z])));
    for (const [n, session] of sessions.entries()) {
      const again = await click(session);
      expect([round, n, isFromCache(again), maskOf(again).equals(expected[n])]).toEqual([round, n, true, true]);
    }
  }
});
