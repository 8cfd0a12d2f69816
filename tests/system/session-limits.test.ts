import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { infer, type Answer } from './client';
import { startServer, type ClientServer } from './clients/server';
import { voxelsOf } from './clients/scan';
import { brightConfig, identityModel } from './onnx-builder';
import { deleteSession, getSession, putImage } from './session-client';
import { untilUnderWay } from './until-job';
import { until } from '../until';

/** Three sessions of it fit into 1 MB, a fourth one does not. */
const voxels = Uint8Array.from({ length: 64 ** 3 }, (_, at) => (at * 37) % 101);
const image = makeNifti1({ dim: [64, 64, 64], datatype: 2, voxels });
const expected = Buffer.from(voxels.map((value) => Number(value > 50)));

let server: ClientServer;
beforeAll(async () => {
  // 1024 windows, one by one: seconds, while everything else here takes milliseconds.
  const slow = brightConfig({ scanning_window: true, batch_size: 1, roi: [8, 8, 4] });
  const flags = { session_quota_mb: 1, workers: 1, prepared_cache_mb: 0 };
  server = await startServer({ slow: [slow, identityModel()] }, flags);
});
afterAll(() => server?.stop());

const folders = () => readdirSync(path.join(server.gateway.workspace, 'sessions'));
async function open(query = ''): Promise<string> {
  const { status, json } = await putImage(server.url, image, query, 'image.nii');
  expect({ status, error: json.error?.message }).toEqual({ status: 200, error: undefined });
  return json.session_id as string;
}
const statusOf = async (id: string) => (await getSession(server.url, id)).status;
/** An inference call on a session. */
const call = (id: string, headers?: Record<string, string>, signal?: AbortSignal) =>
  infer(server.url, 'slow', undefined, { query: `session_id=${id}`, headers, signal });
/** The same once it runs or waits: the session is in use. */
async function callUnderWay(id: string, signal?: AbortSignal): Promise<{ answer: Promise<Answer> }> {
  const request = randomUUID();
  const answer = call(id, { 'x-request-id': request }, signal);
  await untilUnderWay(server.url, request);
  return { answer };
}

afterEach(async () => {
  for (const id of folders()) await deleteSession(server.url, id);
  await until(() => folders().length === 0);
});

test('the session that was idle longest makes room for a new one', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  await getSession(server.url, first, 'update_ts=true');
  const fourth = await open();
  expect(await Promise.all([first, second, third, fourth].map(statusOf))).toEqual([200, 404, 200, 200]);
  await until(() => folders().sort().join() === [first, third, fourth].sort().join());
  expect((await call(second)).status).toBe(440);
});

test('one that a call reads stays: the idle ones go, and when there is none a new one is 507', async () => {
  const [used, idle, other] = [await open(), await open(), await open()];
  const { answer: running } = await callUnderWay(used);
  const newer = await open();
  expect(await Promise.all([used, idle, other, newer].map(statusOf))).toEqual([200, 404, 200, 200]);

  const leave = new AbortController();
  const waiting = await Promise.all([other, newer].map((id) => callUnderWay(id, leave.signal)));
  const left = waiting.map(({ answer }) => answer.catch(() => undefined));
  const { status, reason, json } = await putImage(server.url, image, '', 'image.nii');
  expect([status, reason, json.error.code]).toEqual([507, 'Insufficient Storage', 'DISK_FULL']);
  expect(json.error.message[0]).toMatch(/--session_quota_mb 1, of which 0\.75 MB are in use/);
  expect(folders()).toHaveLength(3);

  leave.abort();
  await Promise.all(left);
  await until(async () => (await putImage(server.url, image, '', 'image.nii')).status === 200);
  const answer = await running;
  expect(answer.status).toBe(200);
  expect(voxelsOf(answer.image!).equals(expected)).toBe(true);
});

test('an image larger than the quota is 413, and no session goes for it', async () => {
  const id = await open();
  const huge = makeNifti1({ dim: [64, 64, 300], datatype: 2, voxels: new Uint8Array(64 * 64 * 300) });
  const { status, json } = await putImage(server.url, huge, '', 'image.nii');
  expect([status, json.error.code]).toEqual([413, 'SESSION_TOO_LARGE']);
  expect(await statusOf(id)).toBe(200);
  expect(folders()).toEqual([id]);
});

test('a session that is deleted while a call reads it: the call gives its mask, the next one is 440, then the files go', async () => {
  const id = await open();
  const { answer: running } = await callUnderWay(id);
  expect((await deleteSession(server.url, id)).status).toBe(200);
  expect([await statusOf(id), (await deleteSession(server.url, id)).status]).toEqual([404, 404]);
  const late = await call(id);
  expect([late.status, late.reason]).toEqual([440, 'Session Expired']);
  expect(folders()).toEqual([id]);
  const answer = await running;
  expect(answer.status).toBe(200);
  expect(voxelsOf(answer.image!).equals(expected)).toBe(true);
  await until(() => folders().length === 0);
});

test('a session in use does not expire under the call; left alone it is 440 and its file goes, without anybody asking', async () => {
  const [used, left] = [await open('expiry=1'), await open('expiry=1')];
  const { answer: running } = await callUnderWay(used);
  await until(async () => (await statusOf(left)) === 404);
  expect((await call(left)).status).toBe(440);
  const alone = await open('expiry=1');
  expect((await running).status).toBe(200);
  await until(() => !folders().includes(alone) && !folders().includes(used));
});
