import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistoryDatabase } from '../../../gateway/telemetry/history/database';
import { report } from '../../../gateway/telemetry/history/queries';
import type { RequestRecord } from '../../../gateway/telemetry/request-record';

const HOUR = 3_600_000;
/** A whole hour, not long ago: rows are dropped by age. It begins a point of a month's series, whose points are 31 minutes. */
const START = Math.floor((Date.now() - 10 * HOUR) / (31 * HOUR)) * 31 * HOUR;
const iso = (ms: number) => new Date(ms).toISOString();

let folder: string;
let database: HistoryDatabase;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
  database = new HistoryDatabase(join(folder, 'telemetry.db'), { days: 30, rows: 1000 });
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const row = (more: Partial<RequestRecord>): RequestRecord => ({
  time: START,
  endpoint: '/v1/segmentation',
  method: 'POST',
  model: 'spleen',
  status: 200,
  code: null,
  message: null,
  client: '10.0.0.1',
  agent: 'Slicer',
  ms: 1,
  stages: [],
  bytes_in: 1,
  bytes_out: 1,
  request: 'id',
  session: false,
  cache_hit: null,
  isJob: true,
  isPolled: false,
  ...more,
});
const look = () => report(database.db, { from: START, to: START + 10 * HOUR });

test('percentiles are the nearest rank, exactly', () => {
  // 1 to 200 in an order that is not sorted; 7 and 200 have no factor in common.
  database.add(Array.from({ length: 200 }, (_, i) => row({ ms: ((i * 7) % 200) + 1 })));
  database.add([row({ endpoint: '/v1/models', method: 'GET', model: null, ms: 5 })]);
  const { endpoints, models } = look();
  const spleen = { hits: 200, median_ms: 100, p95_ms: 190, p99_ms: 198, errors: 0, last: iso(START) };
  expect(endpoints).toEqual([
    { endpoint: '/v1/segmentation', method: 'POST', ...spleen },
    { endpoint: '/v1/models', method: 'GET', ...spleen, hits: 1, median_ms: 5, p95_ms: 5, p99_ms: 5 },
  ]);
  expect(models).toEqual([{ model: 'spleen', ...spleen }]);
});

test('stages, the slowest with theirs, and a series by minute', () => {
  const stages = (decode: number, triton: number) => [
    { name: 'decode', ms: decode },
    { name: 'triton', ms: triton },
  ];
  database.add([
    row({ ms: 30, stages: stages(10, 20), request: 'a' }),
    row({ ms: 50, stages: stages(10, 40), request: 'b', time: START + 59_999 }),
    row({ ms: 70, stages: stages(10, 60), request: 'c', time: START + 60_000 }),
  ]);
  const found = look();
  expect(found.stages).toEqual([
    { stage: 'triton', hits: 3, median_ms: 40, p95_ms: 60, total_ms: 120 },
    { stage: 'decode', hits: 3, median_ms: 10, p95_ms: 10, total_ms: 30 },
  ]);
  expect(found.slowest.map(({ request, ms }) => [request, ms])).toEqual([['c', 70], ['b', 50], ['a', 30]]); // prettier-ignore
  expect(found.slowest[0]).toMatchObject({ time: iso(START + 60_000), stages: { decode: 10, triton: 60 } });
  expect(found.series).toEqual({
    step_s: 60,
    points: [
      { time: iso(START), hits: 2, errors: 0, median_ms: 30, p95_ms: 50, stages: { decode: 10, triton: 30 } },
      { time: iso(START + 60_000), hits: 1, errors: 0, median_ms: 70, p95_ms: 70, stages: { decode: 10, triton: 60 } },
    ],
  });
  expect(report(database.db, { from: START - 30 * 24 * HOUR, to: START + HOUR }).series).toMatchObject({ step_s: 31 * 60, points: [{ hits: 3 }] }); // prettier-ignore
});

test('errors with the last sentence, clients, hours; what was cancelled is no error', () => {
  const bad = { status: 400, code: 'BAD_PARAMS' };
  database.add([
    row({ ...bad, message: 'first', request: 'a' }),
    row({ ...bad, message: 'second', request: 'b', time: START + 5, client: '10.0.0.2', agent: 'curl' }),
    row({ status: 499, code: 'CANCELLED', message: 'gone', time: START + HOUR }),
  ]);
  const found = look();
  expect(found.errors).toEqual([
    { code: 'BAD_PARAMS', status: 400, message: 'second', count: 2, last: iso(START + 5), request: 'b' },
    { code: 'CANCELLED', status: 499, message: 'gone', count: 1, last: iso(START + HOUR), request: 'id' },
  ]);
  expect(found.endpoints[0]).toMatchObject({ hits: 3, errors: 2 });
  expect(found.clients).toMatchObject([
    { client: '10.0.0.1', agent: 'Slicer', hits: 2, errors: 1 },
    { client: '10.0.0.2', agent: 'curl', hits: 1, errors: 1 },
  ]);
  expect(found.heat).toEqual([
    { hour: iso(START), hits: 2, errors: 2 },
    { hour: iso(START + HOUR), hits: 1, errors: 0 },
  ]);
});

test('what is too old or too much goes, with its stages', () => {
  const stages = [{ name: 'decode', ms: 1 }];
  database.add([row({ time: Date.now() - 31 * 24 * HOUR, stages, request: 'old' })]);
  database.add(Array.from({ length: 1200 }, (_, i) => row({ stages, request: `r${i}` })));
  database.prune();
  const count = (table: string) => (database.db.prepare(`SELECT COUNT(*) n FROM ${table}`).all() as [{ n: number }])[0].n; // prettier-ignore
  expect([count('requests'), count('stages')]).toEqual([1000, 1000]);
  const [oldest] = database.db.prepare('SELECT request FROM requests ORDER BY id LIMIT 1').all();
  expect(oldest).toMatchObject({ request: 'r200' });
});

test('an empty history is an empty report', () => {
  expect(look()).toMatchObject({ endpoints: [], models: [], stages: [], heat: [], slowest: [], errors: [] });
});
