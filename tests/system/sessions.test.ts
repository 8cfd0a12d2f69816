import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { makeDicom } from '../imaging/formats/dicom/make-dicom';
import { sharedData } from '../shared-data';
import { infer, putModel, sampleConfig, sampleModel, type Answer } from './client';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, untilReady, type RunningGateway } from './running-gateway';
import { deleteSession, getSession, putImage, putJson, putSession } from './session-client';
import { smallImage } from './small-image';
import { until } from '../until';
import { testThatNeeds } from '../needs';

let triton: RealTriton;
let gateway: RunningGateway;
let workspace: string;
let image: Buffer;

const start = () =>
  startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, workspace, flags: { workers: 2 } });

beforeAll(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'sessions-'));
  triton = await startRealTriton();
  gateway = await start();
  image = await smallImage(8, 90);
  expect((await putModel(gateway.url, 'spleen', sampleConfig(), sampleModel())).status).toBe(200);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
  rmSync(workspace, { recursive: true, force: true });
});

const byId = (id: string, query = '') =>
  infer(gateway.url, 'spleen', undefined, { query: `session_id=${id}${query && `&${query}`}` });
const stagesOf = ({ headers }: Answer) =>
  [...headers.get('server-timing')!.matchAll(/(\w+);dur/g)].map(([, name]) => name);
/** Label values of a mask. */
const labelsOf = (mask: Buffer) => [...new Set(gunzipSync(mask).subarray(352))].sort();
const folder = (id: string) => path.join(workspace, 'sessions', id);

test('PUT, GET, GET with update_ts, POST without a file, DELETE, POST again: 200 × 5, then 440', async () => {
  const put = await putImage(gateway.url, image);
  const { session_id: id, session_info: info } = put.json;
  expect(put.status).toBe(200);
  expect(typeof id).toBe('string');
  expect(info).toMatchObject({ name: id, image: 'image.nii.gz', meta: { format: 'nifti' }, expiry: 3600 });
  expect(JSON.stringify(put.json)).not.toContain(workspace);
  expect((await getSession(gateway.url, id)).json).toMatchObject({ session_id: id, session_info: info });
  // Times are whole seconds.
  await until(() => Date.now() / 1000 > info.last_access_ts + 1);
  expect((await getSession(gateway.url, id)).json.session_info.last_access_ts).toBe(info.last_access_ts);
  const refreshed = await getSession(gateway.url, id, 'update_ts=true');
  expect(refreshed.json.session_info.last_access_ts).toBeGreaterThan(info.last_access_ts);

  const answer = await byId(id);
  expect(answer.status).toBe(200);
  const direct = await infer(gateway.url, 'spleen', image);
  expect(answer.image!.equals(direct.image!)).toBe(true);

  expect((await deleteSession(gateway.url, id)).status).toBe(200);
  expect(existsSync(folder(id))).toBe(false);
  const dead = await byId(id);
  expect({ status: dead.status, reason: dead.reason, code: dead.json.error.code }).toEqual({
    status: 440,
    reason: 'Session Expired',
    code: 'SESSION_EXPIRED',
  });
  for (const { status, json } of [await getSession(gateway.url, id), await deleteSession(gateway.url, id)])
    expect(`${status} ${json.error.code}`).toBe('404 SESSION_NOT_FOUND');
});

test('the two files of a .hdr/.img pair are one session, and give the mask of the file they could have been', async () => {
  const whole = gunzipSync(image);
  const header = Buffer.from(whole.subarray(0, 348));
  header.write('ni1\0', 344, 'latin1');
  header.writeFloatLE(0, 108);
  const halves = [
    { field: 'files', name: 'ct.img', content: whole.subarray(352) },
    { field: 'files', name: 'ct.hdr', content: header },
  ];
  const { status, json } = await putSession(gateway.url, halves);
  expect([status, json.session_info?.meta]).toEqual([200, { format: 'nifti' }]);
  const direct = await infer(gateway.url, 'spleen', image);
  expect((await byId(json.session_id)).image!.equals(direct.image!)).toBe(true);
  for (const half of halves) {
    const alone = await putSession(gateway.url, [half]);
    expect([alone.status, alone.json.error.code]).toEqual([400, 'UNSUPPORTED_IMAGE']);
    expect(alone.json.error.message[0]).toContain('both halves as a session');
  }
});

test('an expired session is 440, and its files are gone', async () => {
  const { json } = await putImage(gateway.url, image, 'expiry=1');
  expect(json.session_info.expiry).toBe(1);
  expect(existsSync(folder(json.session_id))).toBe(true);
  await until(async () => (await getSession(gateway.url, json.session_id)).status === 404);
  expect((await byId(json.session_id)).status).toBe(440);
  await until(() => !existsSync(folder(json.session_id)));
});

test('what is no image is refused, and nothing is left of it', async () => {
  const unfinished = () => readdirSync(path.join(workspace, 'sessions')).filter((name) => name.startsWith('.new-'));
  const torn = makeDicom({ position: [0, 0, 0] });
  const cases: [Promise<Answer>, string][] = [
    [putImage(gateway.url, Buffer.from('hello')), '400 UNREADABLE_IMAGE'],
    [putImage(gateway.url, Buffer.alloc(0)), '400 EMPTY_IMAGE'],
    [putSession(gateway.url, []), '400 NO_IMAGE'],
    [putJson(gateway.url, {}), '400 NO_IMAGE'],
    [putJson(gateway.url, { dicom: { series_uid: '1.2' } }), '400 BAD_PARAMS'],
    [putImage(gateway.url, image, 'expiry=soon'), '400 BAD_PARAMS'],
    [putImage(gateway.url, image, 'save_as=.png'), '400 BAD_PARAMS'],
    [putImage(gateway.url, torn.subarray(0, 400), '', 'a.dcm'), '400 UNREADABLE_IMAGE'],
  ];
  for (const [call, expected] of cases) {
    const { status, json } = await call;
    expect(`${status} ${json.error?.code}`).toBe(expected);
  }
  // Other test files make sessions here too: theirs are soon whole.
  const left = unfinished();
  await until(unfinished, (names) => !names.some((name) => left.includes(name)));
});

test('a file beside a session id is what counts: DExtr3D clients send their own crop', async () => {
  const { json } = await putImage(gateway.url, await smallImage(16));
  const answer = await infer(gateway.url, 'spleen', image, { query: `session_id=${json.session_id}` });
  expect(answer.image!.equals((await infer(gateway.url, 'spleen', image)).image!)).toBe(true);
});

test('the second call neither decodes nor prepares, and gives the same bytes', async () => {
  const { json } = await putImage(gateway.url, image);
  const first = await byId(json.session_id);
  expect(labelsOf(first.image!)).toContain(1);
  expect(stagesOf(first)).toEqual(expect.arrayContaining(['decode', 'pre']));
  const next = await Promise.all(Array.from({ length: 4 }, () => byId(json.session_id)));
  for (const answer of next) {
    expect(stagesOf(answer)).toContain('cache');
    expect(stagesOf(answer)).not.toContain('decode');
    expect(stagesOf(answer)).not.toContain('pre');
    expect(answer.image!.equals(first.image!)).toBe(true);
  }

  // Another model with other steps shares nothing with it.
  const other = sampleConfig();
  Object.assign(other.pre_transforms.find(({ name }: { name: string }) => name === 'ScaleIntensityRange').args, {
    a_max: 2000,
  });
  expect((await putModel(gateway.url, 'other', other, sampleModel())).status).toBe(200);
  const of = (model: string) => infer(gateway.url, model, undefined, { query: `session_id=${json.session_id}` });
  const otherFirst = await of('other');
  expect(stagesOf(otherFirst)).toContain('decode');
  expect(otherFirst.image!.equals(first.image!)).toBe(false);
  expect((await of('spleen')).image!.equals(first.image!)).toBe(true);
});

test('sessions survive a restart, also kill -9', async () => {
  const { json } = await putImage(gateway.url, image);
  const before = (await byId(json.session_id)).image!;
  await gateway.stop();
  gateway = await start();
  await untilReady(gateway);
  expect((await getSession(gateway.url, json.session_id)).json.session_info).toMatchObject({ image: 'image.nii.gz' });
  expect((await byId(json.session_id)).image!.equals(before)).toBe(true);
  await gateway.kill9();
  gateway = await start();
  await untilReady(gateway);
  expect((await byId(json.session_id)).image!.equals(before)).toBe(true);
});

const series = sharedData('data/ct/ct_abdomen_dicom');
testThatNeeds('../shared/data/ct', series)(
  'a JPEG 2000 series is segmented from its session, while models answer at once',
  async () => {
    const parts = readdirSync(series!).map((name, at) => ({
      field: `image${at}`,
      name: `image_${at}.dcm`,
      content: readFileSync(path.join(series!, name)),
    }));
    const creating = putSession(gateway.url, parts, 'expiry=0&save_as=.nii', 'null');
    let created = false;
    void creating.then(() => (created = true));
    let answered = 0;
    await until(async () => {
      expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200);
      answered++;
      return created;
    });
    const { status, json } = await creating;
    expect({ status, error: json.error?.message }).toEqual({ status: 200, error: undefined });
    // A thread that decodes the frames itself answers nobody in between.
    expect(answered).toBeGreaterThan(2);

    const answer = await byId(json.session_id);
    const twin = readFileSync(sharedData('data/ct/ct_abdomen_512x512x20.nii.gz')!);
    const expected = await infer(gateway.url, 'spleen', twin);
    // The rows of the series run the other way: the same number of voxels of each organ.
    const count = (mask: Buffer) => {
      const counts: Record<number, number> = {};
      for (const label of gunzipSync(mask).subarray(352)) counts[label] = (counts[label] ?? 0) + 1;
      return counts;
    };
    const [ours, theirs] = [count(answer.image!), count(expected.image!)];
    expect(labelsOf(answer.image!)).toContain(1);
    expect(ours).toEqual(theirs);
  },
);
