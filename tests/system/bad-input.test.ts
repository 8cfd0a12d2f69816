import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { get, infer, putModel, sampleConfig, sampleModel, type Answer } from './client';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { smallImage } from './small-image';
import { until } from '../until';

let triton: RealTriton;
let gateway: RunningGateway;
let image: Buffer;
let goodMask: Buffer;
let before: string[];

/** Everything that an upload could leave behind: repository, its staging folder, workspace, shared memory. */
function traces(): string[] {
  const below = (folder: string) =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name))
      : [];
  const staging = path.join(path.dirname(triton.repository), `.${path.basename(triton.repository)}.staging`);
  const regions = readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${gateway.process.pid}_`));
  return [
    ...below(triton.repository),
    ...below(staging),
    ...below(path.join(gateway.workspace, 'models')),
    ...below(path.join(gateway.workspace, 'uploads')),
    ...regions,
  ].sort();
}

/** A request's folder goes when the answer is out, which the client sees a moment earlier. */
async function tracesAtRest(): Promise<string[]> {
  await until(() => readdirSync(path.join(gateway.workspace, 'uploads')).length === 0);
  return traces();
}

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    flags: { workers: 1, max_upload_mb: 16 },
  });
  image = await smallImage();
  expect((await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel())).status).toBe(200);
  goodMask = (await infer(gateway.url, 'spleen', image)).image!;
  before = await tracesAtRest();
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

/** After every refusal: one clear sentence, nothing left behind, and the model of before still serves. */
async function expectRefusal(answer: Answer, status: number, code: string, sentence: RegExp): Promise<void> {
  expect({ status: answer.status, code: answer.json?.error?.code, message: answer.json?.error?.message?.[0] }).toEqual({
    status,
    code,
    message: expect.stringMatching(sentence),
  });
  expect(answer.json.success).toBe(false);
  expect(answer.json.error.type).toMatch(/^\w+$/);
  expect(answer.reason).toMatch(/^[\x20-\x7e]{3,40}$/);
  expect(answer.headers.get('x-request-id')).toBe(answer.json.error.request_id);
  expect(await tracesAtRest()).toEqual(before);
}

// oxlint-disable-next-line typescript/no-explicit-any
const changed = (change: (config: any) => void) => {
  const config = sampleConfig();
  change(config);
  return config;
};

describe('an upload over a serving model that is refused', () => {
  const cases: [string, unknown, Buffer | string, number, string, RegExp][] = [
    ['a config that is not JSON', '{"version": "3", ', 'model', 400, 'BAD_CONFIG', /not JSON/],
    ['a config without inference', changed((c) => delete c.inference), 'model', 400, 'BAD_CONFIG', /inference/],
    [
      'an unknown transform',
      changed((c) => (c.pre_transforms[3].name = 'ScaleIntensityRagne')),
      'model',
      400,
      'BAD_CONFIG',
      /ScaleIntensityRagne.*ScaleIntensityRange/,
    ],
    [
      'a training-only transform',
      changed((c) => (c.pre_transforms[3].name = 'RandomZoom')),
      'model',
      400,
      'BAD_CONFIG',
      /RandomZoom.*training/i,
    ],
    ['an unknown argument', changed((c) => (c.pre_transforms[3].args.a_mni = 1)), 'model', 400, 'BAD_CONFIG', /a_mni/],
    [
      'a wrong tensor name',
      changed((c) => (c.inference.trtis.input[0].name = 'INPUTS')),
      'model',
      400,
      'BAD_CONFIG',
      /INPUT/,
    ],
    [
      'a wrong shape',
      changed((c) => (c.inference.trtis.output[0].dims = [7, -1, -1])),
      'model',
      400,
      'BAD_CONFIG',
      /7.*5|5.*7/,
    ],
    ['a truncated ONNX file', sampleConfig(), sampleModel().subarray(0, 500_000), 400, 'BAD_MODEL_FILE', /model\.onnx/],
    [
      'a text file named model.onnx',
      sampleConfig(),
      Buffer.from('hello world, this is no model\n'),
      400,
      'BAD_MODEL_FILE',
      /text/,
    ],
    ['an empty model file', sampleConfig(), Buffer.alloc(0), 400, 'BAD_MODEL_FILE', /empty|0 bytes/],
    [
      'a python backend',
      changed((c) => {
        c.inference.trtis.backend = 'python';
        delete c.inference.trtis.platform;
      }),
      'model',
      400,
      'BAD_CONFIG',
      /python/,
    ],
    [
      'an operator that no runtime knows',
      sampleConfig(),
      Buffer.from(sampleModel().toString('latin1').replaceAll('Relu', 'Rexu'), 'latin1'),
      403,
      'CODE_NOT_ALLOWED',
      /Rexu(?!.*\/home|.*\.py)/s,
    ],
    [
      'KIND_GPU on a machine without one',
      changed((c) => (c.inference.trtis.instance_group = [{ count: 1, kind: 'KIND_GPU' }])),
      'model',
      400,
      'MODEL_LOAD_FAILED',
      /KIND_GPU but no GPUs/,
    ],
  ];
  test.each(cases)('%s', async (_what, config, data, status, code, sentence) => {
    await expectRefusal(
      await putModel(gateway.url, 'spleen', config, data === 'model' ? sampleModel() : (data as Buffer)),
      status,
      code,
      sentence,
    );
    expect((await get(`${gateway.url}/admin/model/spleen`)).json).toEqual(sampleConfig());
  });

  test('the model still gives its mask afterwards', async () => {
    expect((await infer(gateway.url, 'spleen', image)).image!.equals(goodMask)).toBe(true);
  });

  test('as a new model it is not listed', async () => {
    await expectRefusal(
      await putModel(gateway.url, 'fresh', sampleConfig(), sampleModel().subarray(0, 500_000)),
      400,
      'BAD_MODEL_FILE',
      /model\.onnx/,
    );
    await expectRefusal(
      await putModel(
        gateway.url,
        'fresh',
        changed((c) => (c.inference.trtis.instance_group = [{ count: 1, kind: 'KIND_GPU' }])),
        sampleModel(),
      ),
      400,
      'MODEL_LOAD_FAILED',
      /no GPUs/,
    );
    expect((await get(`${gateway.url}/v1/models`)).json.map(({ name }: { name: string }) => name)).toEqual(['spleen']);
  });

  test.each(['.hidden', '..', 'a b', 'ä', 'a%2Fb', 'x'.repeat(129)])('the name %s', async (name) => {
    const answer = await putModel(
      gateway.url,
      encodeURIComponent(decodeURIComponent(name)),
      sampleConfig(),
      sampleModel(),
    );
    // ".." never reaches the route: it is a step in the path.
    expect([400, 404]).toContain(answer.status);
    expect(await tracesAtRest()).toEqual(before);
  });

  test('a form without data', async () => {
    const form = new FormData();
    form.append('config', new Blob([JSON.stringify(sampleConfig())]), 'config_aiaa.json');
    const response = await fetch(`${gateway.url}/admin/model/spleen`, { method: 'PUT', body: form });
    expect(response.status).toBe(400);
    const body = (await response.json()) as { error: { message: string[] } };
    expect(body.error.message[0]).toMatch(/data is missing.*curl -X PUT/);
  });
});

describe('an image that is refused', () => {
  const cases: [string, () => Buffer, string, RegExp][] = [
    ['a truncated NIfTI', () => image.subarray(0, image.length >> 1), 'UNREADABLE_IMAGE', /truncated|ends/i],
    [
      'a NIfTI that misses voxels',
      () => gzipSync(gunzipSync(image).subarray(0, 100_000)),
      'UNREADABLE_IMAGE',
      /truncated|of \d+/i,
    ],
    [
      'a text file named .nii.gz',
      () => Buffer.from('this is not an image\n'.repeat(100)),
      'UNREADABLE_IMAGE',
      /not|text/i,
    ],
    ['a zero-byte file', () => Buffer.alloc(0), 'EMPTY_IMAGE', /0 bytes/],
    [
      'a header that claims 10^13 voxels',
      () => {
        const raw = gunzipSync(image);
        raw.writeInt16LE(32000, 42);
        raw.writeInt16LE(32000, 44);
        raw.writeInt16LE(10000, 46);
        return gzipSync(raw);
      },
      'UNREADABLE_IMAGE',
      /\d/,
    ],
    [
      'a needle of voxels, for windows that are none',
      () =>
        gzipSync(
          makeNifti1({ dim: [2, 2, 30_000], datatype: 2, voxels: new Uint8Array(120_000), pixdim: [1, 2, 2, 2] }),
        ),
      'IMAGE_TOO_LARGE',
      /padding from 2 × 2 × 30000 to .* million/,
    ],
    [
      'a header that claims voxels of 2 km',
      () => {
        const raw = gunzipSync(image);
        for (const at of [80, 84, 88]) raw.writeFloatLE(2e6, at);
        raw.writeInt16LE(0, 252);
        raw.writeInt16LE(0, 254);
        return gzipSync(raw);
      },
      'IMAGE_TOO_LARGE',
      /resampling from .* million.*--max_volume_mvoxels/,
    ],
  ];
  test.each(cases)('%s', async (_what, bytes, code, sentence) => {
    const answer = await infer(gateway.url, 'spleen', bytes(), { fileName: 'ct.nii.gz' });
    await expectRefusal(answer, 400, code, sentence);
    expect(answer.json.error.message[0]).toContain('ct.nii.gz');
  });

  test('none at all', async () => {
    await expectRefusal(await infer(gateway.url, 'spleen', undefined), 400, 'NO_IMAGE', /holds no image/);
  });

  test('a second file that is another channel, for a model of one', async () => {
    const channels = [image];
    const answer = await infer(gateway.url, 'spleen', image, { channels });
    expect(answer.status).toBe(400);
    expect(answer.json.error.message[0]).toMatch(/\b2\b/);
  });

  test('files of two shapes', async () => {
    const channels = [await smallImage(5)];
    const fileName = 'ct.nii.gz';
    const answer = await infer(gateway.url, 'spleen', image, { channels, fileName });
    await expectRefusal(answer, 400, 'UNREADABLE_IMAGE', /"ct\.nii\.gz" has .* voxels and "2-ct\.nii\.gz" has/);
  });

  test('an unknown session is 440 Session Expired', async () => {
    const answer = await infer(gateway.url, 'spleen', undefined, {
      query: 'session_id=9ad970be-530e-11ea-84e3-0242ac110007',
    });
    await expectRefusal(answer, 440, 'SESSION_EXPIRED', /9ad970be/);
    expect(answer.reason).toBe('Session Expired');
  });

  test('an unknown model is 404', async () => {
    await expectRefusal(
      await infer(gateway.url, 'spleeen', image),
      404,
      'MODEL_NOT_FOUND',
      /no model "spleeen".*spleen/,
    );
  });

  test.each([
    ['params that are not JSON', '{points: 1}', '', /params is not JSON/],
    ['an unknown output form', '{}', 'output=nifti', /output is "nifti", expected image, json, dicom_seg or all/],
    ['an unknown result type', '{"result_dtype": "int9"}', '', /int9/],
    ['an unknown result extension', '{"result_extension": ".doc"}', '', /\.doc/],
  ])('%s', async (_what, params, query, sentence) => {
    await expectRefusal(await infer(gateway.url, 'spleen', image, { params, query }), 400, 'BAD_PARAMS', sentence);
  });

  test('an upload over the limit is 413', async () => {
    await expectRefusal(
      await infer(gateway.url, 'spleen', Buffer.alloc(17 << 20, 1)),
      413,
      'TOO_LARGE',
      /larger than 16 MB.*--max_upload_mb/,
    );
  });

  test('the model still gives its mask afterwards', async () => {
    expect((await infer(gateway.url, 'spleen', image)).image!.equals(goodMask)).toBe(true);
  });
});

test('an unknown path names the server URL', async () => {
  const { status, json } = await get(`${gateway.url}/v2/whatever`);
  expect(status).toBe(404);
  expect(json.error.message[0]).toContain(`${gateway.url}/v1/models`);
});
