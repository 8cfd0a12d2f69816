import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { IDENTITY } from '../../gateway/imaging/geometry';
import { encodePng } from '../../gateway/imaging/formats/png';
import { get, infer, openSession, putModel, sampleConfig, sampleModel } from './client';
import { annotationConfig, annotationGraph } from './models/annotation-graph';
import { deepgrowModel } from './models/deepgrow-onnx';
import { mutatedRequest, smallNifti, type Endpoint, type MutatedRequest } from './mutations';
import { brightConfig, identityModel } from './onnx-builder';
import { sendRaw } from './raw-http';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { smallImage } from './small-image';
import { until } from '../until';
import { deepgrow2d } from './models/deepgrow-config';

/** `MUTATED_REQUESTS=500` is the long run. */
const PER_ENDPOINT = Number(process.env.MUTATED_REQUESTS ?? 25);
const SEED = 4;
const AT_ONCE = 4;
const DEADLINE_MS = 240_000;
const MOST_GROWTH_MB = 600;

let triton: RealTriton;
let gateway: RunningGateway;
let image: Buffer;
let goodMask: Buffer;
let png: Buffer;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    // A request may name any host as its PACS; the session store is small enough to be full now and then.
    flags: {
      workers: 1,
      max_upload_mb: 16,
      max_volume_mvoxels: 1,
      session_quota_mb: 8,
      session_expiry: 20,
      pacs_hosts: 'pacs.invalid',
    },
  });
  const put = async (name: string, config: unknown, ...data: [Buffer, string?]) =>
    expect((await putModel(gateway.url, name, config, ...data)).json).toEqual(
      expect.objectContaining({ success: true }),
    );
  await put('spleen', sampleConfig(), sampleModel());
  await put('bright', brightConfig(), identityModel());
  await put('victim', brightConfig(), identityModel());
  await put('annotation', annotationConfig, annotationGraph(), 'model.trt.pb');
  await put('deepgrow', deepgrow2d, deepgrowModel([256, 256], 0.5));
  image = await smallImage(2);
  goodMask = (await infer(gateway.url, 'spleen', image)).image!;
  png = encodePng({
    data: new Uint8Array(64),
    shape: [8, 8],
    strides: [8, 1],
    axes: 'XY',
    affine: IDENTITY,
    properties: {},
  });
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

const points = [[5, 1, 1], [1, 1, 2], [1, 1, 3], [1, 1, 4], [1, 2, 5], [1, 1, 3]]; // prettier-ignore
const square = [[1, 1], [6, 1], [6, 6], [1, 6]]; // prettier-ignore
const clicks = { foreground: [[4, 3, 2]], background: [[1, 1, 2]] };
const scan = smallNifti([8, 7, 6]);
const volumes = [scan, gzipSync(scan), smallNifti([8, 8]), smallNifti([4, 4, 4, 2])];
const fixed = { poly: [square], vertex_offset: [1, 1], polygon_index: 0, vertex_index: 1, propagate_neighbor: 1 };
const dicom = {
  server_address: 'elsewhere.invalid',
  server_port: 4242,
  ae_title: 'A',
  query_level: 'SERIES',
  series_uid: '1.2',
};

const endpoints: Record<string, () => Endpoint | Promise<Endpoint>> = {
  'GET /v1/models': () => ({ method: 'GET', path: '/v1/models', query: { model: 'bright' } }),
  '/v1/segmentation': () => inference('segmentation', 'bright', {}),
  '/v1/inference': () => inference('inference', 'bright', { result_extension: '.nrrd', result_dtype: 'uint16' }),
  '/v1/segmentation with resampling': () => inference('segmentation', 'spleen', {}),
  '/v1/dextr3d': () => inference('dextr3d', 'annotation', { points }),
  '/v1/deepgrow': () => inference('deepgrow', 'deepgrow', clicks),
  '/v1/segmentation of a session': async () => ({
    ...inference('segmentation', 'bright', { points }),
    query: { model: 'bright', session_id: await openSession(gateway.url, volumes[1]) },
    files: undefined,
  }),
  '/v1/mask2polygon': () => ({
    method: 'POST',
    path: '/v1/mask2polygon',
    query: {},
    params: { more_points: 2 },
    files: volumes,
  }),
  '/v1/fixpolygon': () => ({
    method: 'POST',
    path: '/v1/fixpolygon',
    query: {},
    params: fixed,
    files: [png, volumes[2]],
  }),
  'PUT /session/': () => ({
    method: 'PUT',
    path: '/session/',
    query: { expiry: '2' },
    params: { dicom },
    files: volumes,
  }),
  'PUT /session/ with JSON': () => ({ method: 'PUT', path: '/session/', query: { expiry: '2' }, params: { dicom } }),
  'GET /session/': async () => ({
    method: 'GET',
    path: `/session/${await openSession(gateway.url, volumes[1])}`,
    query: { update_ts: 'true' },
  }),
  'DELETE /session/': () => ({ method: 'DELETE', path: '/session/none', query: {} }),
  'PUT /admin/model/': () => ({
    ...model('PUT'),
    files: [Buffer.from(JSON.stringify(brightConfig())), identityModel()],
  }),
  'PATCH /admin/model/': () => ({ ...model('PATCH'), files: [Buffer.from(JSON.stringify(brightConfig()))] }),
  'PATCH /admin/model/ with JSON': () => model('PATCH'),
  'GET /admin/model/': () => ({ ...model('GET'), params: undefined }),
  'DELETE /admin/model/': () => ({ ...model('DELETE'), path: '/admin/model/none' }),
  'GET /info/': () => ({ method: 'GET', path: '/info/', query: {} }),
  '/infer/MODEL': () => ({
    method: 'POST',
    path: '/infer/bright',
    query: { image: '1.2.3', output: 'all' },
    params: { label: 'bright', ...clicks, result_extension: '.nrrd' },
    files: volumes,
    fields: ['file'],
  }),
  'GET /logs': () => ({ method: 'GET', path: '/logs', query: { lines: '20' } }),
};

function inference(name: string, wanted: string, params: Record<string, unknown>): Endpoint {
  return { method: 'POST', path: `/v1/${name}`, query: { model: wanted }, params, files: volumes };
}

function model(method: string): Endpoint {
  const config = brightConfig();
  return { method, path: '/admin/model/victim', query: {}, params: config, fields: ['config', 'data'] };
}

/** Asks as a client with a deadline would. @returns what is wrong with the answer */
async function complaintAbout(request: MutatedRequest): Promise<string | undefined> {
  if (request.hangsUp) return hangUp(request);
  const head = [
    `${request.method} ${request.path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    ...request.headers,
  ];
  try {
    const { status, reason, headers, body } = await sendRaw(
      gateway.url,
      head,
      request.body,
      AbortSignal.timeout(DEADLINE_MS),
    );
    if (!/^[\x20-\x7e]{2,40}$/.test(reason)) return `${status} with the reason ${JSON.stringify(reason)}`;
    // 304 is what "If-None-Match: *" asks for.
    if ((status >= 200 && status < 300) || status === 304) return undefined;
    const text = body.toString();
    if (status < 400 || status >= 500) return `${status} ${text}`;
    if (headers['content-type'] !== 'application/json; charset=utf-8')
      return `${status} as ${headers['content-type']}: ${text}`;
    const { success, error } = JSON.parse(text) as { success: unknown; error: Record<string, unknown> };
    const [message, ...more] = error.message as string[];
    const isSaid = success === false && /^.{12,4000}$/s.test(message) && more.length === 0;
    const isNamed = /^[A-Z_]+$/.test(String(error.code)) && /^\w+$/.test(String(error.type));
    return isSaid && isNamed && error.request_id === headers['x-request-id'] ? undefined : `${status} ${text}`;
  } catch (error) {
    return `no answer: ${String(error)}`;
  }
}

/** Goes away in the middle of the body. */
function hangUp({ method, path: target, headers, body }: MutatedRequest): Promise<undefined> {
  const { hostname, port } = new URL(gateway.url);
  const head = [`${method} ${target} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(Buffer.concat([Buffer.from(head), body]), () => socket.destroy()),
    );
    socket.on('error', () => undefined).once('close', () => resolve(undefined));
  });
}

/** Short enough to be read, long enough to be sent again. */
function shown({ method, path: target, headers, body }: MutatedRequest): string {
  return `${method} ${target} ${JSON.stringify(headers)} ${JSON.stringify(body.toString('latin1'))}`.slice(0, 700);
}

const rssMb = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8'))![1]) / 1024;
const regions = () => readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${gateway.process.pid}_`));
const inWorkspace = (folder: string) => readdirSync(path.join(gateway.workspace, folder));

test.each(Object.keys(endpoints))(
  '%s: every answer is 2xx or 4xx with a sentence, and nothing is left behind',
  async (name) => {
    const before = { rss: rssMb(), regions: regions().length };
    const requests = fc.sample(mutatedRequest(await endpoints[name]()), { seed: SEED, numRuns: PER_ENDPOINT }).values();
    const complaints: string[] = [];
    const client = async () => {
      for (const request of requests) {
        const complaint = await complaintAbout(request);
        if (complaint) complaints.push(`${complaint.slice(0, 400)}\n  at ${shown(request)}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    expect(complaints).toEqual([]);
    await until(() => inWorkspace('uploads').length === 0);
    expect(inWorkspace('uploads')).toEqual([]);
    expect(regions().length).toBeLessThanOrEqual(Math.max(before.regions, 8));
    expect(rssMb() - before.rss).toBeLessThan(MOST_GROWTH_MB);
  },
  20_000 + 1000 * PER_ENDPOINT,
);

test('afterwards all models are ready and the sample model gives the same mask', async () => {
  const { json } = await get(`${gateway.url}/admin/model`);
  expect(json.filter(({ state }: { state: string }) => state !== 'ready')).toEqual([]);
  const { image: mask } = await infer(gateway.url, 'spleen', image);
  expect(mask!.equals(goodMask)).toBe(true);
});

test('sessions that were made on the way are gone when their time is over', async () => {
  await until(() => inWorkspace('sessions').length === 0);
  expect(inWorkspace('sessions')).toEqual([]);
});

test('nothing of all this was an error of the gateway itself', () => {
  expect(gateway.log().filter(({ code }) => code === 'INTERNAL')).toEqual([]);
});
