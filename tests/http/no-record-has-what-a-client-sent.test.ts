import { Writable } from 'node:stream';
import request from 'supertest';
import winston from 'winston';
import { createApp } from '../../gateway/app';
import { fail, listErrors, type ErrorCode } from '../../gateway/errors';
import { endpoints } from '../../gateway/http/endpoints';
import { known, say, Sentence, sentenceFor } from '../../gateway/sentence';
import type { RequestRecord } from '../../gateway/telemetry/request-record';
import { appParts } from './app-parts';

const NAME = 'DOE^JOHN_MRN4711';

/** Placeholders that hold what clients send, whatever the error. */
const sent = ['file', 'field', 'value', 'path', 'session', 'job', 'sample', 'range'];

test.each(listErrors())('$code: the client reads what it sent, the record has a short id', ({ code, template }) => {
  const holes = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const error = fail(
    code as ErrorCode,
    Object.fromEntries(holes.map((name) => [name, sent.includes(name) ? NAME : 1])),
  );
  const hasName = holes.some((name) => sent.includes(name));
  expect([error.message.includes(NAME), error.record.includes(NAME)]).toEqual([hasName, false]);
  expect(/~[0-9a-f]{8}/.test(error.record)).toBe(hasName);
  const tagged = fail(code as ErrorCode, { what: say`"${NAME}" ends after ${3} bytes` });
  expect(tagged.record).not.toContain(NAME);
  if (holes.includes('what')) expect(tagged.record).toContain(' ends after 3 bytes');
});

test.each<[string, unknown]>([
  ['has the fields of a sentence', JSON.parse(`{"text": "${NAME}", "record": "${NAME}"}`)],
  ['was one before it came from a thread', structuredClone(known(NAME))],
  ['cannot be made a text', JSON.parse('{"toString": 1, "valueOf": "MRN4711"}')],
])('a value that %s is not taken for a sentence', (_, value) => {
  for (const said of [
    sentenceFor(value),
    say`it is ${value}`,
    fail('BAD_PARAMS', { what: value }),
    fail('INTERNAL', { what: [value] }),
  ])
    // prettier-ignore
    expect(said.record).not.toContain('MRN4711');
  expect(sentenceFor(Sentence.of(structuredClone(known(NAME)))).record).toBe(NAME);
});

/** A server whose log, history and list of jobs are kept. */
function recordingApp() {
  const lines: string[] = [];
  const rows: RequestRecord[] = [];
  const stream = new Writable({ write: (line: Buffer, _encoding, done) => (lines.push(String(line)), done()) });
  const parts = appParts({ debug: 'true' });
  const logger = winston.createLogger({ level: 'debug', transports: [new winston.transports.Stream({ stream })] });
  const history = { record: (row: RequestRecord) => rows.push(row) } as unknown as typeof parts.history;
  const app = createApp({ ...parts, logger, history });
  return { app, records: () => JSON.stringify([lines, rows, parts.jobs.list()]), rows, lines };
}

const served = endpoints.filter(({ path }) => !path.includes('/events'));

test.each(served.map(({ method, path }) => [method, path] as const))('%s %s', async (method, template) => {
  const { app, records, lines } = recordingApp();
  const send = (where: string) => request(app)[method](where);
  const path = template.replace(/[:*]\w+/g, NAME);
  const query = { model: NAME, session_id: NAME, image: NAME, output: NAME, lines: NAME, text: NAME, expiry: NAME };
  await send(path).query(query).ok(() => true); // prettier-ignore
  await send(`${path}/${NAME}?${NAME}`).ok(() => true);
  const sentence = { text: NAME, record: NAME };
  for (const params of [
    NAME,
    JSON.stringify({ points: NAME, [NAME]: NAME }),
    JSON.stringify({ points: sentence, poly: sentence, nan: sentence }),
  ])
    await send(path)
      .query({ image: NAME, session_id: NAME })
      .field('params', params)
      .field(NAME, NAME)
      .attach('image', Buffer.from(NAME), `${NAME}.nii`)
      .ok(() => true);
  await send(path).set('Content-Type', 'application/json').send(`{"dicom": {"server_address": "${NAME}", "patient_id": "${NAME}"}, "path": "${NAME}"`).ok(() => true); // prettier-ignore
  expect(records()).not.toContain('MRN4711');
  expect(lines.length).toBeGreaterThanOrEqual(5);
});

test('one session, and one file, have one short id in all lines', async () => {
  const { app, lines, rows } = recordingApp();
  const id = '9ad970be-530e-11ea-84e3-0242ac110007';
  await request(app).get(`/session/${id}`).ok(() => true); // prettier-ignore
  await request(app).post(`/v1/segmentation?model=none&session_id=${id}`).attach('image', Buffer.from('x'), 'a.nii').ok(() => true); // prettier-ignore
  await request(app).post('/v1/mask2polygon').attach('image', Buffer.alloc(0), 'a.nii').ok(() => true); // prettier-ignore
  const [, session] = /GET \/session\/(~[0-9a-f]{8}) /.exec(lines.join(''))!;
  const answered = lines.filter((line) => /"(GET|POST) /.test(line)).map((line) => JSON.parse(line) as Record<string, string>);
  expect(answered[1]).toMatchObject({ session, file: expect.stringMatching(/^~/) });
  expect(answered[2].file).toBe(answered[1].file);
  expect(rows[2].message).toContain(answered[1].file);
}); // prettier-ignore
