import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { createApp } from '../../../gateway/app';
import { appParts } from '../app-parts';

let parts: ReturnType<typeof appParts>;
let folder: string;
beforeEach(() => {
  parts = appParts();
  folder = join(parts.settings.workspace, 'logs');
  mkdirSync(folder);
});

const line = (n: number) =>
  JSON.stringify({ level: 'info', message: `line ${n} ${'ä'.repeat(300)}`, timestamp: '2026-01-02T03:04:05.678Z' });
const write = (name: string, from: number, to: number) =>
  writeFileSync(join(folder, name), Array.from({ length: to - from }, (_, i) => `${line(from + i)}\n`).join(''));

const get = (query = '', accept = '') => request(createApp(parts)).get(`/logs${query}`).set('Accept', accept);
const numbers = (text: string) => [...text.matchAll(/line (\d+)/g)].map((match) => Number(match[1]));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('the last 100 lines, or as many as asked for, as people read them', async () => {
  write('gateway.log', 0, 1000);
  const { text, headers } = await get().expect(200);
  expect(headers['content-type']).toMatch(/^text\/plain/);
  expect(numbers(text)).toEqual(range(900, 1000));
  expect(text).toMatch(/^2026-01-02T03:04:05.678 info {2}line 900 ä+\n/);
  for (const count of [0, 1, 15, 999, 5000])
    expect(numbers((await get(`?lines=${count}`)).text)).toEqual(range(1000 - Math.min(count, 1000), 1000));
});

test('goes back to older files', async () => {
  write('gateway2.log', 0, 10);
  write('gateway1.log', 10, 20);
  write('gateway.log', 20, 25);
  expect(numbers((await get('?lines=18')).text)).toEqual(range(7, 25));
});

test('lines from before a time, across files, whatever was cut off', async () => {
  const at = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}.000Z`;
  const lines = range(0, 40).map((n) => JSON.stringify({ level: 'info', message: `line ${n}`, timestamp: at(n) }));
  lines[20] = '{"level":"in line 20';
  writeFileSync(join(folder, 'gateway1.log'), lines.slice(0, 15).map((text) => `${text}\n`).join('')); // prettier-ignore
  writeFileSync(
    join(folder, 'gateway.log'),
    lines
      .slice(15)
      .map((text) => `${text}\n`)
      .join(''),
  );
  const before = async (query: string) => numbers((await get(`?${query}`).expect(200)).text);
  expect(await before(`before=${at(30)}&lines=12`)).toEqual(range(18, 30));
  expect(await before(`before=${at(17)}&lines=12`)).toEqual(range(5, 17));
  expect(await before(`before=${at(17)}&text=line 1&lines=3`)).toEqual([14, 15, 16]);
  expect(await before(`before=${encodeURIComponent('2026-01-02T04:04:03+01:00')}`)).toEqual([0, 1, 2]);
  expect(await before(`before=${at(0)}`)).toEqual([]);
});

test('gateways that share a workspace have a folder each, and are shown as one log', async () => {
  const at = (n: number) => `{"level":"info","message":"line ${n}","timestamp":"2026-01-02T03:04:0${n}.000Z"}\n`;
  for (const [name, numbers] of Object.entries({ 'a-5000': [1, 3, 6], 'b-5000': [2, 4, 5] })) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'gateway.log'), numbers.map(at).join('cut off by a kill\n'));
  }
  expect(numbers((await get()).text)).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await get('?lines=4')).text).toMatch(/line 4\ncut off by a kill\n.*line 5\n.*line 6\n$/);
});

test('no log yet, and a line that was cut off', async () => {
  expect((await get().expect(200)).text).toBe('');
  writeFileSync(join(folder, 'gateway.log'), `{"level":"in\n${line(1)}\n`);
  expect((await get()).text).toMatch(/^\{"level":"in\n2026/);
});

test('JSON for those who ask for it', async () => {
  write('gateway.log', 0, 3);
  const { body } = await get('?lines=2', 'application/json').expect(200);
  expect(body).toMatchObject([{ level: 'info' }, { level: 'info', timestamp: '2026-01-02T03:04:05.678Z' }]);
});

test.each(['', '*/*', 'text/plain, text/html', 'application/json, text/plain, */*'])(
  'plain text for "%s"',
  async (accept) => {
    write('gateway.log', 0, 1);
    const { text, headers } = await get('', accept).expect(200);
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(text).toMatch(/^2026-01-02T03:04:05.678 info {2}line 0 ä+\n$/);
  },
);

test('the page for browsers, with what was asked', async () => {
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
  const { headers } = await get('?lines=5', browser).expect(302);
  expect(headers.location).toBe('./logs/?lines=5');
  expect(headers.vary).toContain('Accept');
});

test('lines of a level, a text, a request', async () => {
  const entries = [
    { level: 'info', message: 'POST /v1/segmentation 200', request: 'a', ms: 812 },
    { level: 'warn', message: 'Triton is slow', request: 'a' },
    { level: 'error', message: 'it failed for "a"', request: 'b' },
    { level: 'debug', message: 'GET /health/live 200', request: 'c' },
  ];
  writeFileSync(
    join(folder, 'gateway.log'),
    entries.map((entry) => `${JSON.stringify({ timestamp: '2026-01-02T03:04:05.678Z', ...entry })}\n`).join(''),
  );
  const found = async (query: string) =>
    (await get(query, 'application/json').expect(200)).body.map(({ message }: { message: string }) => message);
  expect(await found('?request=a')).toEqual([entries[0].message, entries[1].message]);
  expect(await found('?level=warn')).toEqual([entries[1].message, entries[2].message]);
  expect(await found('?level=debug&lines=1')).toEqual([entries[3].message]);
  expect(await found('?text=TRITON')).toEqual([entries[1].message]);
  expect(await found('?text=ms%3D812')).toEqual([entries[0].message]);
  expect(await found('?text="a"')).toEqual([entries[2].message]);
  expect(await found('?level=info&text=a&request=b')).toEqual([entries[2].message]);
  expect((await get('?request=b')).text).toContain('it failed');
});

test.each(['level=fatal', 'before=yesterday', `text=${'x'.repeat(201)}`, `request=${'x'.repeat(65)}`])(
  '%.20s is refused',
  async (query) => {
    expect((await get(`?${query}`).expect(400)).body.error.message[0]).toContain('expected');
  },
);

test('no filter finds what is hidden of an id', async () => {
  writeFileSync(
    join(folder, 'gateway.log'),
    `${JSON.stringify({ level: 'info', message: 'GET /session/12345678-secret' })}\n`,
  );
  expect((await get('?text=12345678-s')).text).toBe('');
  expect((await get('?text=12345678')).text).not.toBe('');
});

test('ids of sessions are not shown', async () => {
  const message = 'POST /v1/deepgrow?session_id=9ad970be-530e-11ea-84e3-0242ac110007&x=1 GET /session/12345678-secret';
  writeFileSync(join(folder, 'gateway.log'), `${JSON.stringify({ level: 'info', message })}\n`);
  expect((await get('', 'application/json')).body[0].message).toBe(
    'POST /v1/deepgrow?session_id=9ad970be…&x=1 GET /session/12345678…',
  );
});

test.each(['-1', 'all', '1.5', '1&lines=2'])('lines=%s is refused', async (lines) => {
  expect((await get(`?lines=${lines}`).expect(400)).body.error.message[0]).toContain('expected a number');
});
