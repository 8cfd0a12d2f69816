import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { History } from '../../../gateway/telemetry/history/history';
import type { RequestRecord } from '../../../gateway/telemetry/request-record';
import { silentLogger } from '../../silent-logger';
import { until } from '../../until';

const row = {} as RequestRecord;
/** As many as it writes at once. */
const BATCH = 500;
const path = '/workspace/telemetry.db';

/** A history with a thread that runs this code, and all that it logs as an error. */
function historyWith(code: string) {
  const errors: unknown[] = [];
  const threads: Worker[] = [];
  const logger = Object.assign(silentLogger(), { error: (...what: unknown[]) => errors.push(what) });
  const start = () => {
    const thread = new Worker(`const { parentPort } = require('node:worker_threads'); ${code}`, { eval: true });
    threads.push(thread);
    return thread;
  };
  const history = new History({ path, retention: { days: 1, rows: 1 } }, logger, start);
  const record = (count = BATCH) => {
    for (let n = 0; n < count; n++) history.record(row);
  };
  return { history, errors, threads, record };
}

const told = (reason: string) => [
  ['the history of requests cannot be written; requests are answered all the same', { file: path, reason }],
];

test('a thread that dies: the log says why once, a report says it, requests go on, and another thread is not begun at once', async () => {
  const { history, errors, threads, record } = historyWith(
    `parentPort.on('message', () => { throw new Error('out of luck'); });`,
  );
  record();
  const asked = history.report(1);
  await expect(asked).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining(
      'The history of requests cannot be read: its thread has ended. The log of the gateway says more',
    ),
  });
  await until(() => errors.length > 0);
  record(3 * BATCH);
  await expect(history.report(1)).rejects.toThrow('its thread has ended');
  expect([errors, history.trouble?.what, threads.length]).toEqual([told('out of luck'), 'out of luck', 1]);
  await history.close();
});

test('a disk that refuses: told once for all rows that are lost, until one is kept again', async () => {
  const answers = `let n = 0; parentPort.on('message', ({ rows }) => {
    if (!rows) return parentPort.close();
    parentPort.postMessage({ kind: 'added', rows: rows.length, lost: ++n % 3 === 0 ? undefined : 'the history of requests cannot be used: its disk is full (ENOSPC); make room there' });
  });`;
  const { history, errors, threads, record } = historyWith(answers);
  const full = 'the history of requests cannot be used: its disk is full (ENOSPC); make room there';
  record();
  const answered = () => once(threads[0], 'message');
  await answered();
  expect(history.trouble?.what).toBe(full);
  record();
  await answered();
  expect(errors).toEqual(told(full));
  record();
  await answered();
  expect(history.trouble).toBeUndefined();
  record();
  await answered();
  expect(errors).toEqual([...told(full), ...told(full)]);
  await history.close();
});

test('a thread that falls behind: rows beyond 20,000 are lost, and the log says it once', async () => {
  const { history, errors, record } = historyWith(
    `parentPort.on('message', ({ kind }) => kind === 'close' && parentPort.close());`,
  );
  record(25_000);
  expect(errors).toEqual(told('more requests come than its thread can write'));
  await history.close();
});
