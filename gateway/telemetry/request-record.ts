import type { Stage } from './stages';
import type { TraceContext } from './trace-context';

/** The facts of each answered request: fields of its record, and columns of the table `requests` of the history. */
export const recordColumns = {
  /** When it came, in milliseconds since 1970. */
  time: 'INTEGER NOT NULL',
  /** Route template such as `/session/:id`, not the path; `other` for what no route took. */
  endpoint: 'TEXT NOT NULL',
  method: 'TEXT NOT NULL',
  /** Model the request named. */
  model: 'TEXT',
  /** 499 for a client that hung up. */
  status: 'INTEGER NOT NULL',
  /** Code of the error catalogue, and its sentence. */
  code: 'TEXT',
  message: 'TEXT',
  /** Address of the client. */
  client: 'TEXT NOT NULL',
  /** Kind of client: see {@link agentClass}. */
  agent: 'TEXT NOT NULL',
  /** From the first byte of the request to the last of the answer. */
  ms: 'REAL NOT NULL',
  /** Bytes of body received and sent. */
  bytes_in: 'INTEGER NOT NULL',
  bytes_out: 'INTEGER NOT NULL',
  /** Its X-Request-Id. */
  request: 'TEXT NOT NULL',
  /** Whether the image was that of a session. */
  session: 'BOOLEAN NOT NULL',
  /** Whether a prepared image was at hand; null where none could be. */
  cache_hit: 'BOOLEAN',
} as const;

type Columns = typeof recordColumns;
type ValueOf<Sql> =
  | (Sql extends `TEXT${string}` ? string : Sql extends `BOOLEAN${string}` ? boolean : number)
  | (Sql extends `${string} NOT NULL` ? never : null);

/** An answered request in numbers and a few words: history, metrics, traces and the dashboard are made of these. */
export type RequestRecord = { [K in keyof Columns]: ValueOf<Columns[K]> } & {
  stages: readonly Stage[];
  trace?: TraceContext;
  /** Whether it was an inference. */
  isJob: boolean;
  /** Whether a program asks for it every few seconds; such requests are not kept. */
  isPolled: boolean;
};

/** Kinds of clients by their `User-Agent`; the first that fits. */
const CLASSES: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Slicer', /slicer/i],
  ['MITK', /mitk/i],
  ['OHIF', /ohif/i],
  ['curl', /^curl/i],
  ['Prometheus', /prometheus/i],
  ['python', /python|requests|aiohttp|httpx|urllib/i],
  ['java', /java|okhttp/i],
  ['browser', /mozilla/i],
  ['node', /^node|undici|axios/i],
];

/** The kind of a client, one of few; `none` for one that does not say. */
export function agentClass(userAgent: string | undefined): string {
  if (!userAgent) return 'none';
  return CLASSES.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? 'other';
}
