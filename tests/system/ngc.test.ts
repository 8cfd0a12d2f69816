import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { zipOf } from '../packages/zip-builder';
import { get, infer } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { until } from '../until';

const archive = zipOf({
  'config/config_aiaa.json': JSON.stringify(brightConfig()),
  'models/model.onnx': identityModel(),
});
const image = makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: new Uint8Array(64).fill(60) });

let triton: RealTriton;
let gateway: RunningGateway;
/** What the server in NGC's place does with the next requests; then it sends the archive. */
const faults: ((response: ServerResponse) => void)[] = [];
const asked: { url?: string; range?: string; authorization?: string }[] = [];
const ngc = createServer(({ url, headers: { range, authorization } }, response) => {
  asked.push({ url, range, authorization });
  const fault = faults.shift();
  if (fault) return fault(response);
  if (!url!.startsWith('/v2/models/nvidia/med/bright/versions/')) return response.writeHead(404).end();
  const from = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
  const headers = { etag: '"1"', 'content-length': archive.length - from };
  if (from > 0)
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}` });
  else response.writeHead(200, headers);
  return response.end(archive.subarray(from));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => ngc.listen(0, '127.0.0.1', resolve));
  triton = await startRealTriton();
  gateway = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    flags: { ngc_url: `http://127.0.0.1:${(ngc.address() as AddressInfo).port}`, ngc_api_key: 'secret' },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
  ngc.close().closeAllConnections();
});

async function put(name: string, body: FormData | string) {
  const headers = typeof body === 'string' ? { 'Content-Type': 'application/json' } : undefined;
  const response = await fetch(`${gateway.url}/admin/model/${name}`, { method: 'PUT', headers, body });
  // oxlint-disable-next-line typescript/no-explicit-any
  return { status: response.status, json: (await response.json()) as any };
}

test('a model named by path and version is fetched, loaded, and serves; a broken line is taken up again', async () => {
  let states: { name: string; state: string; download?: { bytes: number } }[] = [];
  faults.push((response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': archive.length });
    response.write(archive.subarray(0, 100));
    const looked = until(
      async () => (states = (await get(`${gateway.url}/admin/model`)).json as typeof states),
      () => states.some(({ download }) => download?.bytes === 100),
    );
    void looked.then(() => response.destroy());
  });
  expect(await put('bright', '{"path":"nvidia/med/bright","version":"1"}')).toMatchObject({
    status: 200,
    json: { success: true, triton: { state: 'READY', version: '1' } },
  });
  expect(states).toEqual([
    expect.objectContaining({
      name: 'bright',
      state: 'downloading',
      download: expect.objectContaining({ bytes: 100 }),
    }),
  ]);
  expect(asked).toEqual(
    [undefined, 'bytes=100-'].map((range) => ({
      url: '/v2/models/nvidia/med/bright/versions/1/zip',
      range,
      authorization: 'Bearer secret',
    })),
  );
  expect((await infer(gateway.url, 'bright', image)).status).toBe(200);
});

test('as the form field of AIAA 4.1 it replaces the model', async () => {
  const form = new FormData();
  form.append('ngc', '{"path":"nvidia/med/bright","version":"2"}');
  expect(await put('bright', form)).toMatchObject({ status: 200, json: { triton: { version: '2' } } });
});

test('what NGC does not have, and a request that names nothing, are refused; the model goes on serving', async () => {
  expect(await put('bright', '{"path":"nvidia/med/none","version":"1"}')).toMatchObject({
    status: 502,
    json: {
      error: {
        code: 'DOWNLOAD_FAILED',
        message: [expect.stringMatching(/none\/versions\/1\/zip: it answered 404: no such model/)],
      },
    },
  });
  expect(await put('bright', '{"path":"../x","version":"1"}')).toMatchObject({
    status: 400,
    json: { error: { code: 'BAD_PARAMS' } },
  });
  expect((await infer(gateway.url, 'bright', image)).status).toBe(200);
});
