import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { get, infer, putModel, sampleConfig, sampleModel } from './client';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, untilReady, type RunningGateway } from './running-gateway';
import { smallImage } from './small-image';
import { untilWindows } from './until-job';
import { until } from '../until';

let folder: string;
let repository: string;
let workspace: string;
let image: Buffer;
const running: { stop(): Promise<void> }[] = [];

const start = {
  async triton(grpcPort = 0): Promise<RealTriton> {
    const triton = await startRealTriton({ repository, grpcPort });
    running.push(triton);
    return triton;
  },
  async gateway(triton: RealTriton): Promise<RunningGateway> {
    const gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository, workspace });
    running.push(gateway);
    return gateway;
  },
};

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'restarts-'));
  repository = path.join(folder, 'models', 'repo');
  workspace = path.join(folder, 'workspace');
  image = await smallImage();
});

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
  rmSync(folder, { recursive: true, force: true });
});

const names = async (gateway: RunningGateway) =>
  (await get(`${gateway.url}/v1/models`)).json.map(({ name }: { name: string }) => name);

test('after a restart of both, the models of before serve again without anybody doing anything', async () => {
  let triton = await start.triton();
  let gateway = await start.gateway(triton);
  expect((await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel())).status).toBe(200);
  const before = (await infer(gateway.url, 'spleen', image)).image!;

  await gateway.stop();
  await triton.stop();
  triton = await start.triton();
  gateway = await start.gateway(triton);
  await untilReady(gateway);
  expect(await names(gateway)).toEqual(['spleen']);
  expect((await infer(gateway.url, 'spleen', image)).image!.equals(before)).toBe(true);
});

test('kill -9 of the gateway during an upload: the model of before serves, nothing of the upload is left', async () => {
  const triton = await start.triton();
  let gateway = await start.gateway(triton);
  expect((await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel())).status).toBe(200);
  const before = (await infer(gateway.url, 'spleen', image)).image!;

  // Half of a multipart body, then silence.
  const boundary = 'x';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="data"; filename="model.onnx"\r\n\r\n`;
  const url = new URL(`${gateway.url}/admin/model/spleen`);
  const upload = request({
    host: url.hostname,
    port: url.port,
    path: url.pathname,
    method: 'PUT',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  });
  upload.on('error', () => undefined);
  upload.write(head);
  upload.write(sampleModel().subarray(0, 300_000));
  await until(() => readdirSync(path.join(workspace, 'uploads'), { recursive: true }).length >= 2);
  const { pid } = gateway.process;
  await gateway.kill9();
  upload.destroy();

  gateway = await start.gateway(triton);
  await untilReady(gateway);
  expect(readdirSync(path.join(workspace, 'uploads'))).toEqual([]);
  expect((await infer(gateway.url, 'spleen', image)).image!.equals(before)).toBe(true);
  expect(readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${pid}_`))).toEqual([]);
});

test('kill -9 of Triton during an inference: a clear 503 at once, the list still answers, and after its return the models serve', async () => {
  const triton = await start.triton();
  const gateway = await start.gateway(triton);
  expect((await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel())).status).toBe(200);
  const before = (await infer(gateway.url, 'spleen', image)).image!;

  const long = infer(gateway.url, 'spleen', await smallImage(100), { headers: { 'x-request-id': 'long' } });
  await untilWindows(gateway.url, 'long');
  const port = Number(new URL(triton.grpcUrl.replace('grpc:', 'http:')).port);
  await triton.kill9();
  const { status, json } = await long;
  expect({ status, code: json.error?.code }).toEqual({ status: 503, code: 'TRITON_UNAVAILABLE' });
  expect(json.error.message[0]).toMatch(/Triton does not answer at grpc:\/\/.*loads its models again when it is back/);

  expect(await names(gateway)).toEqual(['spleen']);
  const away = await infer(gateway.url, 'spleen', image);
  expect(away.status).toBe(503);
  expect((await get(`${gateway.url}/health/ready`)).status).toBe(503);
  expect((await get(`${gateway.url}/health/live`)).status).toBe(200);

  await start.triton(port);
  await until(async () => (await infer(gateway.url, 'spleen', image)).status === 200);
  expect((await infer(gateway.url, 'spleen', image)).image!.equals(before)).toBe(true);
});

test('a Triton that is not there: the gateway starts, says so, and serves as soon as it comes', async () => {
  const triton = await start.triton();
  const port = Number(new URL(triton.grpcUrl.replace('grpc:', 'http:')).port);
  await triton.stop();
  const gateway = await start.gateway(triton);
  const put = await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel());
  expect({ status: put.status, code: put.json.error?.code }).toEqual({ status: 503, code: 'TRITON_UNAVAILABLE' });
  expect(await names(gateway)).toEqual([]);
  expect(readdirSync(path.join(workspace, 'models'), { recursive: true })).toEqual(['.staging']);

  await start.triton(port);
  await until(async () => (await get(`${gateway.url}/health/ready`)).json.triton.live);
  expect((await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel())).status).toBe(200);
});

test('DELETE takes a model out of the list, the repository and Triton; the next upload of that name serves', async () => {
  const triton = await start.triton();
  const gateway = await start.gateway(triton);
  expect((await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel())).status).toBe(200);
  const response = await fetch(`${gateway.url}/admin/model/spleen`, { method: 'DELETE' });
  expect({ status: response.status, body: await response.json() }).toEqual({
    status: 200,
    body: { success: true, removed: 'spleen' },
  });
  expect(await names(gateway)).toEqual([]);
  expect(readdirSync(repository)).toEqual([]);
  expect((await fetch(`${triton.httpUrl}/v2/models/spleen/ready`)).status).not.toBe(200);
  expect((await fetch(`${gateway.url}/admin/model/spleen`, { method: 'DELETE' })).status).toBe(404);
  expect((await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel())).status).toBe(200);
  expect((await infer(gateway.url, 'spleen', image)).status).toBe(200);
});
