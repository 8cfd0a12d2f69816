import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { get, infer, putModel, remove } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { until } from '../until';
import { untilWindows } from './until-job';

let triton: RealTriton;
let gateway: RunningGateway;
const login = { Authorization: `Basic ${Buffer.from('root:secret').toString('base64')}` };
const image = makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: new Uint8Array(64).fill(60) });

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  expect((await putModel(gateway.url, 'bright', brightConfig(), identityModel())).status).toBe(200);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

async function patch(config: object | string) {
  const response = await fetch(`${gateway.url}/admin/model/bright`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: typeof config === 'string' ? config : JSON.stringify(config),
  });
  // oxlint-disable-next-line typescript/no-explicit-any
  return { status: response.status, json: (await response.json()) as any };
}

/** The stored versions of the model, and the file of the newest one. */
function storedFile() {
  const folder = path.join(gateway.workspace, 'models/bright');
  const versions = readdirSync(folder).filter((name) => /^\d+$/.test(name));
  return { versions, inode: statSync(path.join(folder, versions.at(-1)!, 'model.onnx')).ino };
}

test('PATCH changes the config and keeps the model file; a bad one changes nothing', async () => {
  const before = storedFile();
  const config = { ...brightConfig(), labels: ['new name'] };
  expect(await patch(config)).toMatchObject({
    status: 200,
    json: { success: true, model: { labels: ['new name'] }, triton: { state: 'READY', version: '2' } },
  });
  expect(storedFile()).toEqual({ versions: ['1', '2'], inode: before.inode });
  expect((await infer(gateway.url, 'bright', image)).status).toBe(200);

  const wrong = brightConfig();
  (wrong.inference as { trtis: { input: object[] } }).trtis.input = [
    { name: 'NONE', data_type: 'TYPE_FP32', dims: [1] },
  ];
  for (const bad of ['{', {}, wrong]) expect(await patch(bad)).toMatchObject({ status: 400, json: { success: false } });
  expect(await (await fetch(`${gateway.url}/admin/model/bright`)).json()).toEqual(config);
  expect(storedFile()).toEqual({ versions: ['1', '2'], inode: before.inode });
  expect((await infer(gateway.url, 'bright', image)).status).toBe(200);
  expect((await fetch(`${gateway.url}/admin/model/none`, { method: 'PATCH', body: '{}' })).status).toBe(404);
});

test('GET /admin/model lists every model with its state', async () => {
  expect(await (await fetch(`${gateway.url}/admin/model/`)).json()).toEqual([
    {
      name: 'bright',
      type: 'segmentation',
      state: 'ready',
      reason: '',
      version: 2,
      platform: 'onnxruntime_onnx',
      uploaded: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      versions: [1, 2].map((version) => ({ version, uploaded: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) })),
      warnings: [],
      last_call: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  ]);
});

test('GET with check=true examines the model on Triton and says what it found', async () => {
  const response = await fetch(`${gateway.url}/admin/model/bright?check=true`);
  expect(await response.json()).toMatchObject({
    success: true,
    triton: { state: 'READY', version: '2' },
    errors: [],
    dry_run: {
      inputs: [expect.stringMatching(/^\w+ FP32 \[/)],
      firstMs: expect.any(Number),
      tensorsMb: expect.any(Number),
    },
  });
  expect((await fetch(`${gateway.url}/admin/model/none?check=true`)).status).toBe(404);
});

test('PATCH with a version alone goes back to it, and Triton serves that one', async () => {
  expect(await patch({ version: '1' })).toMatchObject({
    status: 200,
    json: { success: true, model: { labels: brightConfig().labels }, triton: { state: 'READY', version: '1' } },
  });
  expect(readdirSync(path.join(triton.repository, 'bright')).sort()).toEqual(['1', 'config.pbtxt']);
  expect((await infer(gateway.url, 'bright', image)).status).toBe(200);
  expect(await patch({ version: 7 })).toMatchObject({ status: 404, json: { error: { code: 'VERSION_NOT_FOUND' } } });
  expect(await patch({ version: 'old' })).toMatchObject({ status: 400, json: { error: { code: 'BAD_PARAMS' } } });
  // The next one gets a number of its own; three are kept.
  for (const version of ['3', '4']) expect((await patch(brightConfig())).json.triton.version).toBe(version);
  expect(storedFile().versions).toEqual(['2', '3', '4']);
});

test('DELETE waits for a job of many windows, and takes no new one', async () => {
  const config = brightConfig({ scanning_window: true, batch_size: 1, roi: [4, 4, 4] });
  expect((await putModel(gateway.url, 'slow', config, identityModel())).status).toBe(200);
  const large = makeNifti1({ dim: [28, 28, 28], datatype: 2, voxels: new Uint8Array(28 ** 3).fill(60) });
  let finished = false;
  const headers = { 'x-request-id': 'many-windows' };
  const running = infer(gateway.url, 'slow', large, { headers }).finally(() => (finished = true));
  await untilWindows(gateway.url, 'many-windows');
  const removed = remove(gateway.url, 'slow');
  await until(
    async () => (await get(`${gateway.url}/v1/models?model=slow`)).status,
    (status) => status === 404,
  );
  expect(finished).toBe(false);
  expect((await infer(gateway.url, 'slow', image)).status).toBe(404);
  expect(((await running).json as { points: unknown[] }).points).toHaveLength(6);
  expect((await removed).status).toBe(200);
  expect(readdirSync(triton.repository)).toEqual(['bright']);
});

test('a job whose model is replaced between two windows begins again on the new version', async () => {
  const config = brightConfig({ scanning_window: true, batch_size: 1, roi: [4, 4, 4] });
  expect((await putModel(gateway.url, 'replaced', config, identityModel())).status).toBe(200);
  const large = makeNifti1({ dim: [52, 52, 34], datatype: 2, voxels: new Uint8Array(52 * 52 * 34).fill(60) });
  let finished = false;
  const headers = { 'x-request-id': 'replaced' };
  const running = infer(gateway.url, 'replaced', large, { headers }).finally(() => (finished = true));
  await untilWindows(gateway.url, 'replaced');
  expect((await putModel(gateway.url, 'replaced', config, identityModel())).status).toBe(200);
  expect(finished).toBe(false);
  const { status, json } = await running;
  expect({ status, error: json.error }).toEqual({ status: 200, error: undefined });
  expect(json.points).toHaveLength(6);
  expect((await remove(gateway.url, 'replaced')).status).toBe(200);
});

test('with a password and --container, /admin asks for it and nothing else does', async () => {
  const flags = { admin_user: 'root', admin_password: 'secret', container: 'true' };
  const repository = `${triton.repository}-2`;
  const guarded = await startGateway({ tritonUrl: triton.grpcUrl, repository, flags });
  try {
    const status = async (url: string, headers = {}) => (await fetch(`${guarded.url}${url}`, { headers })).status;
    expect([await status('/admin/model'), await status('/admin/model', login), await status('/v1/models')]).toEqual([
      401, 200, 200,
    ]);
  } finally {
    await guarded.stop();
  }
});
