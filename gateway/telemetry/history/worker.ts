import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { HistoryReport } from '../../contract/dashboard';
import { diskSentence, nameFolders } from '../../disk-errors';
import { messageOf } from '../../errors';
import type { RequestRecord } from '../request-record';
import type { Retention } from './database';
import { HistoryFile } from './history-file';
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
export type FromHistory =
  { kind: 'added'; rows: number; lost?: string } | { kind: 'replaced'; kept: string; what: string };

/** After a failure the file is tried again with the first rows after this pause. */
const TRY_AGAIN_MS = 30_000;

const parent = parentPort!;
const { path, retention } = workerData as HistorySettings;
nameFolders([[path, 'the history of requests']]);
const send = (message: FromHistory) => parent.postMessage(message);
const file = new HistoryFile(path, retention, (kept, what) => send({ kind: 'replaced', kept, what }));
/** Without a path. */
const whyNot = (error: unknown) => diskSentence(error) ?? messageOf(error);
let failure: { what: string; at: number } | undefined;

function add(rows: readonly RequestRecord[]): void {
  if (!failure || Date.now() - failure.at >= TRY_AGAIN_MS)
    try {
      file.use((database) => database.add(rows));
      failure = undefined;
    } catch (error) {
      failure = { what: whyNot(error), at: Date.now() };
    }
  send({ kind: 'added', rows: rows.length, lost: failure?.what });
}

function answer(span: Span): HistoryAnswer {
  try {
    return { report: file.use(({ db }) => report(db, span)) };
  } catch (error) {
    return { what: whyNot(error) };
  }
}

parent.on('message', (message: ToHistory) => {
  if (message.kind === 'add') add(message.rows);
  else if (message.kind === 'report') message.port.postMessage(answer(message.span));
  else {
    file.close();
    parent.close();
  }
});
