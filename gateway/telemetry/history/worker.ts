import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../errors';
import { HistoryDatabase, setAside, type Retention } from './database';
import { report, type Span } from './queries';
import type { HistoryReport } from './report';
import type { RequestRow } from './request-row';

/** What the thread of the history is started with. */
export interface HistorySettings {
  path: string;
  retention: Retention;
}

export type ToHistory =
  { kind: 'add'; rows: readonly RequestRow[] } | { kind: 'report'; id: number; span: Span } | { kind: 'close' };

export type FromHistory =
  /** `lost` says why the rows are not in the file. */
  | { kind: 'added'; rows: number; lost?: string }
  | { kind: 'report'; id: number; report: HistoryReport }
  | { kind: 'no-report'; id: number; what: string }
  | { kind: 'replaced'; what: string };

/** After a failure the file is tried again with the first rows behind this pause. */
const TRY_AGAIN_MS = 30_000;

const port = parentPort!;
const { path, retention } = workerData as HistorySettings;
const send = (message: FromHistory) => port.postMessage(message);
let database: HistoryDatabase | undefined;
let failure: { what: string; at: number } | undefined;

/** Works on the file; one that is damaged is set aside, and a new one begun. */
function onFile<T>(work: (file: HistoryDatabase) => T): T {
  try {
    return work((database ??= new HistoryDatabase(path, retention)));
  } catch (error) {
    close();
    if (!isDamaged(error)) throw error;
    setAside(path);
    send({ kind: 'replaced', what: messageOf(error) });
    return work((database = new HistoryDatabase(path, retention)));
  }
}

/** Not a database, damaged inside, or of another version: what no waiting mends. */
function isDamaged(error: unknown): boolean {
  return /not a database|malformed|corrupt|it has version|no such (?:column|table)/i.test(messageOf(error));
}

function add(rows: readonly RequestRow[]): void {
  if (failure && Date.now() - failure.at < TRY_AGAIN_MS)
    return send({ kind: 'added', rows: rows.length, lost: failure.what });
  try {
    onFile((file) => file.add(rows));
    failure = undefined;
  } catch (error) {
    failure = { what: messageOf(error), at: Date.now() };
  }
  send({ kind: 'added', rows: rows.length, lost: failure?.what });
}

function answer(id: number, span: Span): void {
  try {
    send({ kind: 'report', id, report: onFile((file) => report(file.db, span)) });
  } catch (error) {
    send({ kind: 'no-report', id, what: messageOf(error) });
  }
}

function close(): void {
  try {
    database?.close();
  } catch {
    // It is of no more use either way.
  }
  database = undefined;
}

port.on('message', (message: ToHistory) => {
  switch (message.kind) {
    case 'add':
      return add(message.rows);
    case 'report':
      return answer(message.id, message.span);
    case 'close':
      close();
      port.close();
  }
});
