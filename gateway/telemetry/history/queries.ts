import type Database from 'libsql';
import type { ClientLine, EndpointLine, ErrorLine, HistoryReport, ModelLine, Series, SlowRequest, StageLine } from './report'; // prettier-ignore

/** Milliseconds since 1970: from, and before. */
export interface Span {
  from: number;
  to: number;
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
const MINUTE_MS = 60_000;
const MOST_POINTS = 1440;
const SLOWEST = 20;
const MOST_LINES = 200;

type Db = Database.Database;
type Row = Record<string, string | number | null>;

const IS_ERROR = `status >= 400 AND COALESCE(code, '') <> 'CANCELLED'`;
/** Smallest value that at least p per cent of the group do not exceed; `rank` and `n` as in {@link ranked}. */
const percentile = (p: number) => `MIN(CASE WHEN rank * 100 >= n * ${p} THEN ms END)`;
const LATENCY = `COUNT(*) hits, ${percentile(50)} median_ms, ${percentile(95)} p95_ms, ${percentile(99)} p99_ms, SUM(error) errors, MAX(time) last`;
/** The requests of a span, each with its place by duration among those of its group. */
const ranked = (group: string, where = '') => `
  (SELECT *, ${IS_ERROR} error, ROW_NUMBER() OVER (PARTITION BY ${group} ORDER BY ms) rank, COUNT(*) OVER (PARTITION BY ${group}) n
   FROM requests WHERE time >= ? AND time < ? ${where})`;

const iso = (time: unknown) => new Date(Number(time)).toISOString();

export function report(db: Db, span: Span): HistoryReport {
  return {
    from: iso(span.from),
    to: iso(span.to),
    endpoints: endpoints(db, span),
    models: models(db, span),
    stages: stages(db, span),
    heat: heat(db, span),
    slowest: slowest(db, span),
    clients: clients(db, span),
    errors: errors(db, span),
    series: series(db, span),
  };
}

/** Hits and latency of each route, the busiest first. */
export function endpoints(db: Db, span: Span): EndpointLine[] {
  const sql = `SELECT endpoint, method, ${LATENCY} FROM ${ranked('endpoint, method')} GROUP BY endpoint, method ORDER BY hits DESC, endpoint`;
  return lines<EndpointLine>(db, sql, span);
}

/** The same for each model that was called. */
export function models(db: Db, span: Span): ModelLine[] {
  const sql = `SELECT model, ${LATENCY} FROM ${ranked('model', 'AND model IS NOT NULL')} GROUP BY model ORDER BY hits DESC, model LIMIT ${MOST_LINES}`;
  return lines<ModelLine>(db, sql, span);
}

/** Where the time goes, the stage with most of it first. */
export function stages(db: Db, span: Span): StageLine[] {
  const sql = `
    SELECT name stage, COUNT(*) hits, ${percentile(50)} median_ms, ${percentile(95)} p95_ms, ROUND(SUM(ms), 1) total_ms
    FROM (SELECT name, ms, ROW_NUMBER() OVER (PARTITION BY name ORDER BY ms) rank, COUNT(*) OVER (PARTITION BY name) n
          FROM stages WHERE time >= ? AND time < ?)
    GROUP BY name ORDER BY total_ms DESC`;
  return lines<StageLine>(db, sql, span);
}

export function heat(db: Db, { from, to }: Span): HistoryReport['heat'] {
  const sql = `
    SELECT time / ${HOUR_MS} * ${HOUR_MS} hour, COUNT(*) hits, SUM(${IS_ERROR}) errors
    FROM requests WHERE time >= ? AND time < ? GROUP BY 1 ORDER BY 1`;
  const rows = all(db, sql, { from: Math.min(from, to - WEEK_MS), to });
  return rows.map(({ hour, hits, errors: failed }) => ({
    hour: iso(hour),
    hits: Number(hits),
    errors: Number(failed),
  }));
}

/** The requests that took longest, with their stages. */
export function slowest(db: Db, span: Span): SlowRequest[] {
  const sql = `
    SELECT id, time, request, endpoint, model, client, status, ms FROM requests WHERE time >= ? AND time < ?
    ORDER BY ms DESC LIMIT ${SLOWEST}`;
  const stagesOf = db.prepare('SELECT name, ms FROM stages WHERE request = ?');
  return all(db, sql, span).map(({ id, time, ...row }) => ({
    ...(row as unknown as SlowRequest),
    time: iso(time),
    stages: Object.fromEntries((stagesOf.all([id]) as Row[]).map(({ name, ms }) => [name, Number(ms)])),
  }));
}

export function clients(db: Db, span: Span): ClientLine[] {
  const sql = `
    SELECT client, agent, COUNT(*) hits, SUM(error) errors, ${percentile(50)} median_ms, MAX(time) last
    FROM ${ranked('client, agent')} GROUP BY client, agent ORDER BY hits DESC, client LIMIT ${MOST_LINES}`;
  return lines<ClientLine>(db, sql, span);
}

/** What went wrong, the most frequent first. SQLite takes `message` and `request` from the row with the greatest time. */
export function errors(db: Db, span: Span): ErrorLine[] {
  const sql = `
    SELECT code, status, message, COUNT(*) count, MAX(time) last, request FROM requests
    WHERE time >= ? AND time < ? AND code IS NOT NULL GROUP BY code, status ORDER BY count DESC, code`;
  return lines<ErrorLine>(db, sql, span);
}

export function series(db: Db, span: Span): Series {
  const minutes = Math.ceil((span.to - span.from) / MINUTE_MS / MOST_POINTS);
  const step = Math.max(1, minutes) * MINUTE_MS;
  const bucket = `time / ${step} * ${step}`;
  const sql = `
    SELECT bucket time, COUNT(*) hits, SUM(error) errors, ${percentile(50)} median_ms, ${percentile(95)} p95_ms
    FROM (SELECT *, ${bucket} bucket FROM ${ranked(bucket)}) GROUP BY bucket ORDER BY bucket`;
  const stagesSql = `SELECT ${bucket} bucket, name, AVG(ms) ms FROM stages WHERE time >= ? AND time < ? GROUP BY 1, 2`;
  const means = new Map<number, Record<string, number>>();
  for (const { bucket: time, name, ms } of all(db, stagesSql, span)) {
    const point = means.get(Number(time)) ?? {};
    point[String(name)] = Math.round(Number(ms) * 10) / 10;
    means.set(Number(time), point);
  }
  const points = all(db, sql, span).map(({ time, ...row }) => ({
    time: iso(time),
    ...(row as unknown as Omit<Series['points'][number], 'time' | 'stages'>),
    stages: means.get(Number(time)) ?? {},
  }));
  return { step_s: step / 1000, points };
}

function all(db: Db, sql: string, { from, to }: Span): Row[] {
  return db.prepare(sql).all([from, to]) as Row[];
}

/** Rows with their time as text. */
function lines<T>(db: Db, sql: string, span: Span): T[] {
  return all(db, sql, span).map((row) => ('last' in row ? { ...row, last: iso(row.last) } : row) as T);
}
