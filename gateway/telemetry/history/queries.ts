import type Database from 'libsql';
import type { HistoryReport, Series } from '../../contract/dashboard';

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

const IN_SPAN = 'time >= ? AND time < ?';
/** Cancelled requests are not errors. */
const IS_ERROR = `status >= 400 AND COALESCE(code, '') <> 'CANCELLED'`;
/** Smallest value that at least p per cent of the group do not exceed; `rank` and `n` as in {@link ranked}. */
const percentile = (p: number) => `MIN(CASE WHEN rank * 100 >= n * ${p} THEN ms END)`;
const MEDIAN = `${percentile(50)} median_ms`;
const P95 = `${percentile(95)} p95_ms`;
const LATENCY = `COUNT(*) hits, ${MEDIAN}, ${P95}, ${percentile(99)} p99_ms, SUM(error) errors, MAX(time) last`;
/** The place of each row by duration among those of its group, and their number. */
const RANK = (group: string) =>
  `ROW_NUMBER() OVER (PARTITION BY ${group} ORDER BY ms) rank, COUNT(*) OVER (PARTITION BY ${group}) n`;
/** The requests of a span with their rank. */
const ranked = (group: string, where = '') =>
  `(SELECT *, ${IS_ERROR} error, ${RANK(group)} FROM requests WHERE ${IN_SPAN} ${where})`;

const queries = {
  /** Hits and latency of each route, the busiest first. */
  endpoints: `
    SELECT endpoint, method, ${LATENCY} FROM ${ranked('endpoint, method')}
    GROUP BY endpoint, method ORDER BY hits DESC, endpoint`,
  /** The same for each model that was called. */
  models: `
    SELECT model, ${LATENCY} FROM ${ranked('model', 'AND model IS NOT NULL')}
    GROUP BY model ORDER BY hits DESC, model LIMIT ${MOST_LINES}`,
  /** Time of each stage over all requests, the stage with most of it first. */
  stages: `
    SELECT name stage, COUNT(*) hits, ${MEDIAN}, ${P95}, ROUND(SUM(ms), 1) total_ms
    FROM (SELECT name, ms, ${RANK('name')} FROM stages WHERE ${IN_SPAN})
    GROUP BY name ORDER BY total_ms DESC`,
  heat: `
    SELECT time / ${HOUR_MS} * ${HOUR_MS} hour, COUNT(*) hits, SUM(${IS_ERROR}) errors
    FROM requests WHERE ${IN_SPAN} GROUP BY 1 ORDER BY 1`,
  /** The requests that took longest. */
  slowest: `
    SELECT id, time, request, endpoint, model, client, status, ms FROM requests WHERE ${IN_SPAN}
    ORDER BY ms DESC LIMIT ${SLOWEST}`,
  clients: `
    SELECT client, agent, COUNT(*) hits, SUM(error) errors, ${MEDIAN}, MAX(time) last
    FROM ${ranked('client, agent')} GROUP BY client, agent ORDER BY hits DESC, client LIMIT ${MOST_LINES}`,
  /** Errors, the most frequent first. SQLite takes `message` and `request` from the row with the greatest time. */
  errors: `
    SELECT code, status, message, COUNT(*) count, MAX(time) last, request FROM requests
    WHERE ${IN_SPAN} AND code IS NOT NULL GROUP BY code, status ORDER BY count DESC, code`,
};

/** All that the dashboard shows of a span. */
export function report(db: Db, span: Span): HistoryReport {
  const lines = <K extends keyof typeof queries>(name: K, within = span) =>
    all(db, queries[name], within) as unknown as HistoryReport[K];
  return {
    from: iso(span.from),
    to: iso(span.to),
    endpoints: lines('endpoints'),
    models: lines('models'),
    stages: lines('stages'),
    heat: lines('heat', { from: Math.min(span.from, span.to - WEEK_MS), to: span.to }),
    slowest: slowest(db, span),
    clients: lines('clients'),
    errors: lines('errors'),
    series: series(db, span),
  };
}

function slowest(db: Db, span: Span): HistoryReport['slowest'] {
  const stagesOf = db.prepare('SELECT name, ms FROM stages WHERE request = ?');
  return all(db, queries.slowest, span).map(({ id, ...row }) => ({
    ...(row as unknown as HistoryReport['slowest'][number]),
    stages: Object.fromEntries((stagesOf.all([id]) as Row[]).map(({ name, ms }) => [name, Number(ms)])),
  }));
}

function series(db: Db, span: Span): Series {
  const minutes = Math.ceil((span.to - span.from) / MINUTE_MS / MOST_POINTS);
  const step = Math.max(1, minutes) * MINUTE_MS;
  const bucket = `time / ${step} * ${step}`;
  const means = new Map<unknown, Record<string, number>>();
  const stagesSql = `SELECT ${bucket} time, name, AVG(ms) ms FROM stages WHERE ${IN_SPAN} GROUP BY 1, 2`;
  for (const { time, name, ms } of all(db, stagesSql, span)) {
    const point = means.get(time) ?? {};
    point[String(name)] = Math.round(Number(ms) * 10) / 10;
    means.set(time, point);
  }
  const sql = `
    SELECT bucket time, COUNT(*) hits, SUM(error) errors, ${MEDIAN}, ${P95}
    FROM (SELECT *, ${bucket} bucket FROM ${ranked(bucket)}) GROUP BY bucket ORDER BY bucket`;
  const points = all(db, sql, span).map((row) => ({ ...row, stages: means.get(row.time) ?? {} }));
  return { step_s: step / 1000, points: points as unknown as Series['points'] };
}

const iso = (time: unknown) => new Date(Number(time)).toISOString();

/** Rows with their times as text. */
function all(db: Db, sql: string, { from, to }: Span): Row[] {
  const rows = db.prepare(sql).all([from, to]) as Row[];
  for (const row of rows) for (const name of ['time', 'last', 'hour']) if (name in row) row[name] = iso(row[name]);
  return rows;
}
