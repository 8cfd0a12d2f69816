import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createApp } from '../../gateway/app';
import { fail } from '../../gateway/errors';
import { packArray } from '../../gateway/imaging/formats/packed/packed-array';
import type { JobQueue } from '../../gateway/jobs/job-queue';
import type { Work } from '../../gateway/pipeline/job';
import { answerMask } from '../../gateway/pipeline/interactive/answer';
import { runReceivedArrayJob } from '../../gateway/pipeline/interactive/received-array';
import { LeaseStore } from '../../gateway/sessions/leases/lease-store';
import { SessionStore } from '../../gateway/sessions/store';
import { StageClock } from '../../gateway/telemetry/stages';
import { randomOf } from '../random';
import { appParts, fakeModel } from './app-parts';

const inference = { inferer: { kind: 'simple' } };
const takesClicks = { pre: [{ name: 'AddGuidanceFromPointsd', args: {} }], inference };
const [clicks, others, plain] = [fakeModel('clicks', {}, takesClicks), fakeModel('others', {}, takesClicks), fakeModel('plain', {}, { pre: [], inference })]; // prettier-ignore
/** What Triton does: there is none. */
const down = () => fail('TRITON_UNAVAILABLE', { url: 'grpc://127.0.0.1:8001', what: 'nobody listens' });

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** The server without Triton: arrays are unpacked, and masks kept, by the code of its threads. */
async function serve(flags: Record<string, string> = {}, models = [clicks, plain]) {
  const parts = appParts(flags, () => models);
  const { workspace, interactive_sessions: most } = parts.settings;
  const find = (name: string) => models.find((one) => one.name === name);
  Object.assign(parts.models, {
    getReady: (name: string) => {
      const model = find(name);
      if (!model) throw fail('MODEL_NOT_FOUND', { model: name, known: '' });
      return { spec: model.spec, version: 1 };
    },
    run: () => Promise.reject(down()),
  });
  const run = (job: Work, _signal: unknown, _run: unknown, room = () => Promise.resolve()) => {
    if (!('kind' in job)) return Promise.reject(down());
    if (job.kind === 'received-array') return runReceivedArrayJob(job, new StageClock(), room);
    return job.kind === 'mask-answer' ? answerMask(job.interaction, job.directory) : Promise.reject(down());
  };
  const queue = { load: {}, run } as unknown as JobQueue;
  const sessions = await SessionStore.open({ directory: path.join(workspace, 'sessions'), expirySeconds: 60, quotaBytes: 1 << 30, toNifti: () => Promise.reject(new Error('not asked for')) }); // prettier-ignore
  const directory = path.join(workspace, 'leases');
  const leases = await LeaseStore.open({
    directory,
    most,
    idleSeconds: 600,
    livenessSeconds: 60,
    onEnd: () => undefined,
  });
  const server: Server = createServer(createApp({ ...parts, queue, sessions, leases })).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closing.push(
    () => sessions.close(),
    () => leases.close(),
    () => server.close().closeAllConnections(),
  );
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (place: string, { method = 'POST', lease = '', body, meta, type }: Sent = {}) => {
    const headers = { 'x-lease-token': lease, ...(type && { 'content-type': type }), ...(meta !== undefined && { 'x-meta': meta }) }; // prettier-ignore
    const answer = await fetch(base + place, { method, headers, body });
    const text = await answer.text();
    const json = (answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : {}) as Record<string, unknown>; // prettier-ignore
    return { status: answer.status, json, detail: json.detail as string | undefined, headers: answer.headers };
  };
  const claim = async (at = '') => String((await call(`${at}/claim`)).json.lease_token);
  const files = () => readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('mask-')); // prettier-ignore
  const record = () => readFileSync(path.join(directory, readdirSync(directory)[0], 'lease.json'), 'utf8');
  return { call, claim, files, record };
}

interface Sent {
  method?: string;
  lease?: string;
  body?: string | Uint8Array<ArrayBuffer>;
  meta?: string;
  type?: string;
}

const SHAPE = [4, 5, 6];
const json = (value: unknown, lease = ''): Sent => ({ lease, type: 'application/json', body: JSON.stringify(value) });
const packed = (shape: number[], value = 1): Uint8Array<ArrayBuffer> =>
  new Uint8Array(packArray(new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape, 'uint8'));
const array = (body: Uint8Array<ArrayBuffer>, lease = '', meta: string | undefined = '{}'): Sent => ({ lease, type: 'application/octet-stream', body, meta }); // prettier-ignore
const click = { coordinates: [1, 2, 3], include_interaction: true, run_prediction: false };

/** A server with a session whose image is there, and its target buffer. */
async function begun() {
  const server = await serve();
  const lease = await server.claim();
  expect((await server.call('/set_image', array(packed([1, ...SHAPE]), lease))).json).toEqual({ original_image_shape: [1, ...SHAPE] }); // prettier-ignore
  expect((await server.call('/set_target_buffer', json({ shape: SHAPE, dtype: 'uint8' }, lease))).status).toBe(200);
  return { ...server, lease };
}

test('paths without a lease answer 410 for one that is missing, unknown, or of another model', async () => {
  const { call, claim } = await serve({}, [clicks, others]);
  const lease = await claim('/nninteractive/clicks');
  const calls: [string, Sent][] = [
    ['/heartbeat', json({})],
    ['/lease_status', { method: 'GET' }],
    ['/set_image', array(packed([1, ...SHAPE]))],
    ...['set_target_buffer', 'set_do_autozoom', 'reset_interactions', 'undo', 'predict', 'add_point_interaction', 'add_bbox_interaction'].map((name): [string, Sent] => [`/${name}`, json({})]),
    ...['scribble', 'lasso', 'initial_seg'].map((name): [string, Sent] => [`/add_${name}_interaction`, array(packed(SHAPE))]),
  ]; // prettier-ignore
  for (const [place, sent] of calls)
    for (const [at, token] of [['', ''], ['/nninteractive/clicks', 'guessed'], ['/nninteractive/others', lease]]) {
      const { status, detail } = await call(at + place, { ...sent, lease: token });
      expect([place, status, detail]).toEqual([place, 410, expect.stringContaining('initialize again')]);
    } // prettier-ignore
  expect((await call('/release', { lease: 'guessed' })).json).toEqual({ released: true });
  expect((await call('/nninteractive/clicks/release', { lease })).json).toEqual({ released: true });
  expect((await call('/healthz', { method: 'GET' })).json).toEqual({ ok: true });
});

test('a lease beyond the last one is answered with 503, and when to come again', async () => {
  const { call, claim } = await serve({ interactive_sessions: '1' });
  expect(await claim()).toMatch(/^[\w-]{32}$/);
  const { status, detail, headers } = await call('/claim');
  expect([status, headers.get('retry-after')]).toEqual([503, '10']);
  expect(detail).toContain('All 1 interactive sessions are taken');
});

test('the model of the server’s own URL: the operator’s, or the only one that takes prompts', async () => {
  expect((await (await serve()).call('/claim')).status).toBe(200);
  const two = await (await serve({}, [clicks, others])).call('/claim');
  expect([two.status, two.detail]).toEqual([404, expect.stringContaining('take prompts: clicks, others')]);
  expect((await (await serve({ interactive_model: 'others' }, [clicks, others])).call('/claim')).status).toBe(200);
  const none = await (await serve()).call('/nninteractive/plain/capabilities', { method: 'GET' });
  expect([none.status, none.detail]).toEqual([400, expect.stringContaining('"plain" takes no prompts')]);
});

const whole = packed([1, ...SHAPE]);
test.each<[string, string, Sent, number, RegExp]>([
  ['a list', '/add_point_interaction', json([1]), 422, /the body is not a JSON object: \[1\]/],
  ['half of JSON', '/undo', { type: 'application/json', body: '{"a"' }, 422, /not a JSON object/],
  ['meta that is not JSON', '/add_initial_seg_interaction', array(packed(SHAPE), '', 'x'), 422, /X-Meta is not/],
  ['no key that says in or out', '/add_point_interaction', json({ coordinates: [1, 2, 3] }), 400, /include_interaction/],
  ['a click outside', '/add_point_interaction', json({ ...click, coordinates: [4, 0, 0] }), 400, /\[4, 0, 0\] lies outside the image, whose shape is \[4, 5, 6\]/],
  ['a box', '/add_bbox_interaction', json({ ...click, bbox_coords: [[0, 1], [0, 2], [0, 3]] }), 400, /does not take bbox2d; it takes points/],
  ['a box without voxels', '/add_bbox_interaction', json({ ...click, bbox_coords: [[1, 1], [0, 2], [0, 3]] }), 400, /axis without voxels/],
  ['a scribble', '/add_scribble_interaction', array(packed(SHAPE), '', '{"include_interaction":true}'), 400, /does not take scribble/],
  ['a buffer of 10^18 bytes', '/set_target_buffer', json({ shape: [1e6, 1e6, 1e6], dtype: 'uint8' }), 413, /a quarter of the memory/],
  ['a buffer of another shape', '/set_target_buffer', json({ shape: [4, 5, 7], dtype: 'uint8' }), 400, /\[4, 5, 7\], and the image \[4, 5, 6\]/],
  ['a buffer of fractions', '/set_target_buffer', json({ shape: SHAPE, dtype: 'float32' }), 400, /dtype/],
  ['an image of three axes', '/set_image', array(packed(SHAPE)), 400, /four axes \[channel, x, y, z\]/],
  ['an image without voxels', '/set_image', array(packed([1, 0, 5, 6])), 400, /has no voxels/],
  ['a spacing of 0', '/set_image', array(whole, '', '{"image_properties":{"spacing":[0,1,1]}}'), 400, /image_properties.spacing/],
  ['half of an image', '/set_image', array(whole.slice(0, 80)), 400, /truncated/],
  ['nothing as image', '/set_image', array(new Uint8Array(0)), 400, /0 bytes/],
  ['a mask of another shape', '/add_initial_seg_interaction', array(packed([4, 5, 7])), 400, /expected \[4, 5, 6\]/],
  ['an empty mask', '/add_initial_seg_interaction', array(packed(SHAPE, 0)), 400, /no voxel of the mask is set/],
  ['a click that nobody answers', '/add_point_interaction', json({ ...click, run_prediction: true }), 500, /Triton does not answer/],
])('%s is answered in the words of the protocol, and nothing is kept', async (_what, place, sent, status, detail) => {
  const { call, lease, files, record } = await begun();
  const before = record();
  const answer = await call(place, { ...sent, lease });
  expect([answer.status, answer.detail]).toEqual([status, expect.stringMatching(detail)]);
  expect(files()).toEqual([]);
  expect(JSON.parse(record())).toEqual(JSON.parse(before));
}); // prettier-ignore

test('prompts before an image, or before its target buffer, are refused', async () => {
  const { call, claim } = await serve();
  const lease = await claim();
  expect((await call('/add_point_interaction', json(click, lease))).detail).toContain('no image yet');
  await call('/set_image', array(whole, lease));
  expect((await call('/add_point_interaction', json(click, lease))).detail).toContain('no target buffer yet');
});

test('an initial mask is the client’s already: undo after it finds nothing, and a prompt after it can be taken back', async () => {
  const { call, lease, files } = await begun();
  const meta = ({ headers }: { headers: Headers }) => JSON.parse(headers.get('x-meta')!) as unknown;
  const nothing = { ran_prediction: false, bbox: null };
  expect(meta(await call('/add_initial_seg_interaction', array(packed(SHAPE), lease)))).toEqual(nothing);
  expect(files()).toHaveLength(1);
  expect(meta(await call('/undo', json({}, lease)))).toEqual(nothing);
  expect(meta(await call('/add_point_interaction', json(click, lease)))).toEqual(nothing);
  expect(meta(await call('/undo', json({}, lease)))).toEqual({ ran_prediction: true, bbox: null });
  expect((await call('/reset_interactions', json({}, lease))).status).toBe(200);
  expect(files()).toEqual([]);
});

const MUTATED = Number(process.env.MUTATED_PROMPTS ?? 300);

test(`${MUTATED} damaged bodies are answered with 4xx, or rightly`, async () => {
  const { call, lease } = await begun();
  const random = randomOf(19);
  const pick = (count: number) => Math.floor(random() * count);
  const bodies: [string, Sent][] = [
    ['/set_image', array(whole, lease, '{"image_properties":{"spacing":[1,1,2]}}')],
    ['/set_target_buffer', json({ shape: SHAPE, dtype: 'uint8' }, lease)],
    ['/add_point_interaction', json(click, lease)],
    ['/add_bbox_interaction', json({ ...click, bbox_coords: [[0, 1], [0, 2], [0, 3]] }, lease)],
    ['/add_initial_seg_interaction', array(packed(SHAPE), lease, '{"run_prediction":false}')],
    ['/undo', json({}, lease)],
    ['/predict', json({ force_full_refine: false }, lease)],
  ]; // prettier-ignore
  const statuses = new Set<number>();
  for (let n = 0; n < MUTATED; n++) {
    const [place, sent] = bodies[pick(bodies.length)];
    const bytes = new Uint8Array(Buffer.from(sent.body!));
    for (let k = pick(4); k > 0; k--) bytes[pick(bytes.length)] = pick(256);
    const cut = pick(4) === 0 ? bytes.slice(0, pick(bytes.length)) : bytes;
    const { status, detail } = await call(place, { ...sent, body: cut });
    statuses.add(status);
    // A point that is left whole may be meant to be answered at once.
    if (status >= 500 && !detail?.includes('Triton does not answer')) throw new Error(`${n} ${place}: ${status} ${detail}`);
  }
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 422]));
}); // prettier-ignore
