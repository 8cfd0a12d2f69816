import { once } from 'node:events';
import { join } from 'node:path';
import { MessageChannel, Worker, type TransferListItem } from 'node:worker_threads';
import type { HistoryReport } from '../../contract/dashboard';
import { fail } from '../../errors';
import type { Logger } from '../logger';
import type { RequestRecord } from '../request-record';
import type { FromHistory, HistoryAnswer, HistorySettings, ToHistory } from './worker';

const WRITE_EVERY_MS = 1000;
const BATCH = 500;
/** Rows that wait for the thread; more are lost rather than kept in memory. */
const MOST_WAITING = 20_000;
const ANSWER_WITHIN_MS = 15_000;
const CLOSE_WITHIN_MS = 3000;
/** A thread that ended by itself is not started again before this. */
const START_AGAIN_MS = 60_000;

/**
 * The history of requests: one row each, in `<workspace>/telemetry.db`. Rows are collected and written by a thread of its own: no request waits for
 * the disk, and none fails with it. What cannot be written is lost; the log says so once.
 */
export class History {
  private rows: RequestRecord[] = [];
  private waiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private worker: Worker | undefined;
  private endedAt = -Infinity;
  /** Since when rows are lost, and why. */
  trouble: { since: Date; what: string } | undefined;

  constructor(
    private readonly settings: HistorySettings,
    private readonly logger: Logger,
    private readonly startThread = startHistory,
  ) {}

  record(row: RequestRecord): void {
    if (this.rows.length + this.waiting >= MOST_WAITING)
      return this.say('more requests come than its thread can write');
    this.rows.push(row);
    if (this.rows.length >= BATCH) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), WRITE_EVERY_MS).unref();
  }

  /** The report about the last `hours`. @throws INTERNAL with the reason when the file cannot be read */
  async report(hours: number): Promise<HistoryReport> {
    this.flush();
    const now = Date.now();
    const span = { from: now - hours * 3_600_000, to: now + 1 };
    const { port1: port, port2: theirs } = new MessageChannel();
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answered = once(port, 'message', { signal }).then(([answer]) => answer as HistoryAnswer);
    // The port closes with the thread.
    const ended = once(port, 'close', { signal }).then((): HistoryAnswer => ({ what: 'its thread has ended' }));
    if (!this.tell({ kind: 'report', span, port: theirs }, [theirs])) theirs.close();
    const answer = await Promise.race([answered, ended]).catch((): HistoryAnswer => ({ what: 'it took too long' }));
    port.close();
    if ('report' in answer) return answer.report;
    const what = `The history of requests cannot be read: ${answer.what}. The log of the gateway says more`;
    throw fail('INTERNAL', { what });
  }

  /** Writes the remaining rows. */
  async close(): Promise<void> {
    this.flush();
    const { worker } = this;
    if (!worker) return;
    const gone = once(worker, 'exit');
    this.tell({ kind: 'close' });
    const timer = setTimeout(() => void worker.terminate(), CLOSE_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.rows.length === 0) return;
    const rows = this.rows;
    this.rows = [];
    if (this.tell({ kind: 'add', rows })) this.waiting += rows.length;
  }

  private tell(message: ToHistory, transferred: TransferListItem[] = []): boolean {
    if (!this.worker && Date.now() - this.endedAt < START_AGAIN_MS) return false;
    (this.worker ??= this.start()).postMessage(message, transferred);
    return true;
  }

  private start(): Worker {
    const worker = this.startThread(this.settings);
    // The process may end while it is idle: close() waits for it.
    worker.unref();
    worker.on('message', (message: FromHistory) => this.receive(message));
    worker.on('error', (error) => this.say(error.message));
    worker.on('exit', () => {
      this.worker = undefined;
      this.waiting = 0;
      this.endedAt = Date.now();
    });
    return worker;
  }

  private receive(message: FromHistory): void {
    if (message.kind === 'added') {
      this.waiting -= message.rows;
      if (message.lost) this.say(message.lost);
      else this.trouble = undefined;
    } else
      this.logger.error('the history of requests is damaged; it was set aside, and a new one begun', {
        file: this.settings.path,
        kept: message.kept,
        reason: message.what,
      });
  }

  /** Logs the first of a row of failures. */
  private say(what: string): void {
    if (!this.trouble)
      this.logger.error('the history of requests cannot be written; requests are answered all the same', {
        file: this.settings.path,
        reason: what,
      });
    this.trouble ??= { since: new Date(), what };
  }
}

const startHistory = (settings: HistorySettings) =>
  new Worker(join(__dirname, 'worker.js'), { workerData: settings, name: 'history' });
