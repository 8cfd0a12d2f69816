import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { HistoryReport } from '../../contract/dashboard';
import { messageOf } from '../../errors';
import type { RequestRecord } from '../request-record';
import { HistoryDatabase, setAside, type Retention } from './database';
import { report, type Span } from './queries';

/** The thread of the history is started with these. */
export interface HistorySettings {
  path: string;
  retention: Retention;
}

export type ToHistory =
  /** The answer goes to `port`. */
  | { kind: 'report'; span: Span; port: MessagePort }
  | { kind: 'add'; rows: readonly RequestRecord[] }
  | { kind: 'close' };

export type HistoryAnswer = { report: HistoryReport } | { what: string };

/** `lost` says why the rows are not in the file. */
export type FromHistory = { kind: 'added'; rows: number; lost?: string } | { kind: 'replaced'; what: string };

/** After a failure the file is tried again with the first rows after this pause. */
const TRY_AGAIN_MS = 30_000;

const parent = parentPort!;
const { path, retention } = workerData as HistorySettings;
const send = (message: FromHistory) => parent.postMessage(message);
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

/** Not a database, damaged inside, or of another version: waiting does not help. */
function isDamaged(error: unknown): boolean {
  return /not a database|malformed|corrupt|it has version|no such (?:column|table)/i.test(messageOf(error));
}

function add(rows: readonly RequestRecord[]): void {
  if (!failure || Date.now() - failure.at >= TRY_AGAIN_MS)
    try {
      onFile((file) => file.add(rows));
      failure = undefined;
    } catch (error) {
      failure = { what: messageOf(error), at: Date.now() };
    }
  send({ kind: 'added', rows: rows.length, lost: failure?.what });
}

function answer(span: Span): HistoryAnswer {
  try {
    return { report: onFile((file) => report(file.db, span)) };
  } catch (error) {
    return { what: messageOf(error) };
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

parent.on('message', (message: ToHistory) => {
  if (message.kind === 'add') add(message.rows);
  else if (message.kind === 'report') message.port.postMessage(answer(message.span));
  else {
    close();
    parent.close();
  }
});
