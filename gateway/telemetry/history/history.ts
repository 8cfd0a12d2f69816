import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fail } from '../../errors';
import type { Logger } from '../logger';
import type { HistoryReport } from './report';
import type { RequestRow } from './request-row';
import type { FromHistory, HistorySettings, ToHistory } from './worker';

const WRITE_EVERY_MS = 1000;
const BATCH = 500;
/** Rows that wait for the thread; more are lost rather than kept in memory. */
const MOST_WAITING = 20_000;
const ANSWER_WITHIN_MS = 15_000;
const CLOSE_WITHIN_MS = 3000;
/** A thread that ended by itself is not started again before this. */
const START_AGAIN_MS = 60_000;

interface Asked {
  resolve(report: HistoryReport): void;
  reject(error: Error): void;
}

/**
 * The history of requests: one row each, in `<workspace>/telemetry.db`. Rows are collected and written by a thread of its own: no request waits for
 * the disk, and none fails with it. What cannot be written is lost; the log says so once.
 */
export class History {
  private rows: RequestRow[] = [];
  private waiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private worker: Worker | undefined;
  private endedAt = -Infinity;
  private readonly asked = new Map<number, Asked>();
  private lastId = 0;
  /** Since when rows are lost, and why. */
  trouble: { since: Date; what: string } | undefined;

  constructor(
    private readonly settings: HistorySettings,
    private readonly logger: Logger,
  ) {}

  record(row: RequestRow): void {
    if (this.rows.length + this.waiting >= MOST_WAITING)
      return this.say('more requests come than its thread can write');
    this.rows.push(row);
    if (this.rows.length >= BATCH) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), WRITE_EVERY_MS).unref();
  }

  /** What is known of the last `hours`. @throws INTERNAL with the reason when the file cannot be read */
  report(hours: number): Promise<HistoryReport> {
    this.flush();
    const now = Date.now();
    const span = { from: now - hours * 3_600_000, to: now + 1 };
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.settle(id)?.reject(cannotRead('it took too long')), ANSWER_WITHIN_MS).unref();
      const clear = () => clearTimeout(timer);
      this.asked.set(id, {
        resolve: (report) => (clear(), resolve(report)),
        reject: (error) => (clear(), reject(error)),
      });
      if (!this.tell({ kind: 'report', id, span })) this.settle(id)?.reject(cannotRead('its thread has ended'));
    });
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.flush();
    const { worker } = this;
    if (!worker) return;
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
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

  private tell(message: ToHistory): boolean {
    if (!this.worker && Date.now() - this.endedAt < START_AGAIN_MS) return false;
    (this.worker ??= this.start()).postMessage(message);
    return true;
  }

  private start(): Worker {
    const worker = new Worker(join(__dirname, 'worker.js'), { workerData: this.settings, name: 'history' });
    // The process may end while it is idle: close() waits for it.
    worker.unref();
    worker.on('message', (message: FromHistory) => this.receive(message));
    worker.on('error', (error) => this.say(error.message));
    worker.on('exit', () => this.lose());
    return worker;
  }

  private receive(message: FromHistory): void {
    switch (message.kind) {
      case 'added':
        this.waiting -= message.rows;
        if (message.lost) this.say(message.lost);
        else this.trouble = undefined;
        break;
      case 'report':
        this.settle(message.id)?.resolve(message.report);
        break;
      case 'no-report':
        this.settle(message.id)?.reject(cannotRead(message.what));
        break;
      case 'replaced':
        this.logger.error('the history of requests is damaged; it was set aside, and a new one begun', {
          file: this.settings.path,
          kept: `${this.settings.path}.damaged`,
          reason: message.what,
        });
    }
  }

  private settle(id: number): Asked | undefined {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    return asked;
  }

  private lose(): void {
    this.worker = undefined;
    this.waiting = 0;
    this.endedAt = Date.now();
    for (const id of this.asked.keys()) this.settle(id)?.reject(cannotRead('its thread has ended'));
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

const cannotRead = (what: string) =>
  fail('INTERNAL', { what: `The history of requests cannot be read: ${what}. The log of the gateway says more` });
