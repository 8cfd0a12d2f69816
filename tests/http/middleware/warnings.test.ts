import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { createApp, type Parts } from '../../../gateway/app';
import { fail } from '../../../gateway/errors';
import type { Job, JobResult } from '../../../gateway/pipeline/job';
import { headerValue } from '../../../gateway/http/middleware/warnings';
import { SessionStore } from '../../../gateway/sessions/store';
import { say, sentenceFor } from '../../../gateway/sentence';
import { temporaryFolder } from '../../imaging/formats/temporary-file';
import { makeNifti } from '../../sessions/small-nifti';
import { appParts, fakeModel } from '../app-parts';

const sheared = say`The mask "${'naïve 図.nii'}" lies sheared.`;
const SHEARED = sheared.text;
const ctLeftOut = say`2 files are left out, "${'a.dcm'}" the first.`;
const CT_LEFT_OUT = ctLeftOut.text;

const openStores: SessionStore[] = [];
afterEach(() => openStores.splice(0).forEach((store) => store.close()));

/** A server whose jobs end with this result, and whose imported images have a warning. */
async function serverWith(result: JobResult | Error = { json: { polygons: [] }, warnings: [sheared] }) {
  const parts = appParts({ cors_origins: '*' });
  const logged: { level: string; message: string; facts: object }[] = [];
  Object.assign(parts.logger, {
    log: (level: string, message: string, facts: object) => logged.push({ level, message, facts }),
    warn: (message: string, facts: object) => logged.push({ level: 'warn', message, facts }),
  });
  Object.assign(parts.models, {
    getReady: (name: string) => fakeModel(name),
    run: (served: object, gone: AbortSignal, job: (models: object, signal: AbortSignal) => unknown) =>
      job(served, gone),
  });
  const run = (_job: Job) => (result instanceof Error ? Promise.reject(result) : Promise.resolve(result));
  const sessions = await SessionStore.open({
    directory: temporaryFolder(),
    expirySeconds: 3600,
    quotaBytes: 1 << 20,
    toNifti: async (_source, target) => {
      writeFileSync(target, makeNifti(100));
      return { shape: [5, 4, 5], warnings: [ctLeftOut] };
    },
  });
  openStores.push(sessions);
  const queue = { load: {}, run } as unknown as Parts['queue'];
  return { app: createApp({ ...parts, queue, sessions }), logged };
}

const said = ({ headers }: { headers: Record<string, string> }) => JSON.parse(headers['x-aiaa-warnings']) as string[];
const nrrd = Buffer.from('NRRD0004\ntype: uint8\ndimension: 3\nsizes: 1 1 1\nencoding: raw\n\n\x01');

test.each([
  '/v1/segmentation?model=ct',
  '/v1/inference?model=ct&output=json',
  '/v1/dextr3d?model=ct',
  '/v1/deepgrow?model=ct',
  '/infer/ct',
  '/infer/ct?output=json',
  '/v1/mask2polygon',
  '/v1/fixpolygon?output=json',
])(
  'the warnings of a job are in the header of POST %s, in ASCII, and a page of elsewhere may read it',
  async (path) => {
    const { app } = await serverWith();
    const answer = await request(app)
      .post(path)
      .set('Origin', 'https://viewer.example')
      .field('params', '{"points": [[1,2,3]]}')
      .attach('image', Buffer.from('image'), 'image.nii')
      .expect(200);
    expect(said(answer)).toEqual([SHEARED]);
    expect(answer.headers['x-aiaa-warnings']).toMatch(/^[\x20-\x7e]+$/);
    expect(answer.headers['access-control-expose-headers']).toContain('X-AIAA-Warnings');
  },
);

test('they are in the job, and in one line of the log without what the client sent', async () => {
  const { app, logged } = await serverWith();
  const job = request(app).post('/v1/inference?model=ct').set('X-Request-Id', 'warned');
  await job.attach('image', Buffer.from('image'), 'image.nii').expect(200);
  expect((await request(app).get('/v1/jobs/warned')).body).toMatchObject({ id: 'warned', warnings: [SHEARED] });
  expect(logged.filter(({ level }) => level === 'warn')).toEqual([
    {
      level: 'warn',
      message: 'its client was warned',
      facts: { request: 'warned', warnings: [expect.stringMatching(/^The mask "~[0-9a-f]{8}" lies sheared\.$/)] },
    },
  ]);
});

test('a job without warnings has no header, and no line', async () => {
  const { app, logged } = await serverWith({ json: {} });
  const job = request(app).post('/v1/inference?model=ct').set('X-Request-Id', 'quiet');
  const { headers } = await job.attach('image', Buffer.from('image'), 'image.nii').expect(200);
  expect(headers).not.toHaveProperty('x-aiaa-warnings');
  expect((await request(app).get('/v1/jobs/quiet')).body.warnings).toEqual([]);
  expect(logged.map(({ level }) => level)).not.toContain('warn');
});

test('what was found when a session was made is answered then, kept with it, and said again with each call', async () => {
  const { app } = await serverWith();
  const made = await request(app).put('/session/?save_as=.nii').attach('image', nrrd, 'a.nrrd').expect(200);
  expect([said(made), made.body.session_info.warnings]).toEqual([[CT_LEFT_OUT], [CT_LEFT_OUT]]);
  const id = made.body.session_id as string;
  expect((await request(app).get(`/session/${id}`)).body.session_info.warnings).toEqual([CT_LEFT_OUT]);
  expect(said(await request(app).get(`/session/${id}/image`))).toEqual([CT_LEFT_OUT]);
  for (const path of ['/v1/segmentation?model=ct&', '/infer/ct?'])
    expect(said(await request(app).post(`${path}session_id=${id}`).send({}))).toEqual([CT_LEFT_OUT, SHEARED]);
});

test('a session outlives its gateway with its warnings', async () => {
  const directory = temporaryFolder();
  const options = { directory, expirySeconds: 3600, quotaBytes: 1 << 20 };
  const path = join(temporaryFolder(), 'a.nrrd');
  writeFileSync(path, nrrd);
  const toNifti = async (_source: string, target: string) => {
    writeFileSync(target, makeNifti(100));
    return { shape: [5, 4, 5], warnings: [ctLeftOut] };
  };
  const before = await SessionStore.open({ ...options, toNifti });
  const { id } = await before.create(async () => [{ path, name: 'a.nrrd', bytes: nrrd.length }], {
    saveAsNifti: true,
    signal: new AbortController().signal,
  });
  before.close();
  const after = await SessionStore.open({ ...options, toNifti });
  openStores.push(after);
  const { warnings } = await after.use(id);
  expect(warnings.map((one) => sentenceFor(one))).toEqual([ctLeftOut]);
});

test('a refusal has no header', async () => {
  const { app } = await serverWith(fail('NO_IMAGE'));
  const refused = await request(app).post('/v1/inference?model=ct').attach('image', Buffer.from('x'), 'a.nii');
  expect([refused.status, refused.headers['x-aiaa-warnings']]).toEqual([400, undefined]);
});

describe('the header', () => {
  test('has everything while it fits into 2 kB', () => {
    const sentences = ['x'.repeat(1000), 'y'.repeat(2048 - 1000 - 7)];
    const text = headerValue(sentences, 'GET /v1/jobs/1');
    expect(text).toHaveLength(2048);
    expect(JSON.parse(text)).toEqual(sentences);
  });

  test.each([
    [
      'many sentences',
      Array.from({ length: 60 }, (_, i) => `Sentence ${i} says what is to be said of image ${i}.`),
      40,
    ],
    ['one of 2 kB', ['short', 'x'.repeat(2048), 'y'], 1],
    ['one that is long in ASCII', ['図'.repeat(400)], 0],
  ])('counts what does not fit: %s', (_, sentences, shown) => {
    const text = headerValue(sentences, 'GET /v1/jobs/1');
    expect(text.length).toBeLessThanOrEqual(2048);
    const rest = `${sentences.length - shown} more: GET /v1/jobs/1`;
    expect(JSON.parse(text)).toEqual([...sentences.slice(0, shown), rest]);
  });

  test('holds control characters, quotation marks and any script', () => {
    const sentences = ['"a\r\nb\x7f" \u00e9 \u{1f600} \\'];
    const text = headerValue(sentences, '');
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(text)).toEqual(sentences);
  });
});
