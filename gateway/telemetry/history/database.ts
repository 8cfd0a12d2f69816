import { renameSync, rmSync } from 'node:fs';
import Database from 'libsql';
import type { RequestRow } from './request-row';

export interface Retention {
  /** Rows older than this go. */
  days: number;
  /** Rows beyond this number go, the oldest first. */
  rows: number;
}

const VERSION = 1;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, time INTEGER NOT NULL, endpoint TEXT NOT NULL, method TEXT NOT NULL, model TEXT,
    status INTEGER NOT NULL, code TEXT, message TEXT, client TEXT NOT NULL, agent TEXT NOT NULL, ms REAL NOT NULL,
    bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, request TEXT NOT NULL, session INTEGER NOT NULL, cache_hit INTEGER
  );
  CREATE INDEX IF NOT EXISTS requests_time ON requests (time);
  CREATE TABLE IF NOT EXISTS stages (
    request INTEGER NOT NULL, time INTEGER NOT NULL, name TEXT NOT NULL, ms REAL NOT NULL
  );
  CREATE INDEX IF NOT EXISTS stages_request ON stages (request);
  CREATE INDEX IF NOT EXISTS stages_time ON stages (time);
  PRAGMA user_version = ${VERSION};
`;

const COLUMNS = 'time, endpoint, method, model, status, code, message, client, agent, ms, bytes_in, bytes_out, request, session, cache_hit'; // prettier-ignore
const DAY_MS = 86_400_000;
const PRUNE_EVERY_MS = 60_000;

/** The file with the rows. All calls are synchronous: it belongs into a thread of its own. */
export class HistoryDatabase {
  readonly db: Database.Database;
  private readonly insert: Database.Statement;
  private readonly insertStage: Database.Statement;
  private prunedAt = -Infinity;

  /** @throws what SQLite says of a file that is damaged, of another version, or cannot be written */
  constructor(
    path: string,
    private readonly retention: Retention,
  ) {
    this.db = new Database(path);
    try {
      // A reader may hold the file for a moment.
      this.db.pragma('busy_timeout = 2000');
      this.db.pragma('journal_mode = WAL');
      this.db.pragma('synchronous = NORMAL');
      this.checkVersion();
      this.db.exec(SCHEMA);
      this.insert = this.db.prepare(`INSERT INTO requests (${COLUMNS}) VALUES (${COLUMNS.replace(/\w+/g, '?')})`);
      this.insertStage = this.db.prepare('INSERT INTO stages (request, time, name, ms) VALUES (?, ?, ?, ?)');
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /** Writes all rows or none; now and then drops what is too old or too much. */
  add(rows: readonly RequestRow[]): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      for (const row of rows) this.addRow(row);
      if (Date.now() - this.prunedAt > PRUNE_EVERY_MS) this.prune();
      this.db.exec('COMMIT');
    } catch (error) {
      this.db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.db.close();
  }

  private addRow(row: RequestRow): void {
    const { lastInsertRowid: id } = this.insert.run([
      row.time,
      row.endpoint,
      row.method,
      row.model,
      row.status,
      row.code,
      row.message,
      row.client,
      row.agent,
      row.ms,
      row.bytesIn,
      row.bytesOut,
      row.request,
      Number(row.session),
      row.cacheHit === null ? null : Number(row.cacheHit),
    ]);
    for (const { name, ms } of row.stages) this.insertStage.run([id, row.time, name, ms]);
  }

  /** Drops what is too old or too much. */
  prune(): void {
    this.prunedAt = Date.now();
    const { days, rows } = this.retention;
    const oldest = Date.now() - days * DAY_MS;
    this.db.prepare('DELETE FROM requests WHERE time < ?').run([oldest]);
    this.db
      .prepare('DELETE FROM requests WHERE id <= (SELECT id FROM requests ORDER BY id DESC LIMIT 1 OFFSET ?)')
      .run([rows]);
    this.db.exec('DELETE FROM stages WHERE request < (SELECT COALESCE(MIN(id), 9e18) FROM requests)');
  }

  private checkVersion(): void {
    const [{ user_version: version }] = this.db.pragma('user_version') as [{ user_version: number }];
    if (version !== 0 && version !== VERSION) throw new Error(`it has version ${version}, expected ${VERSION}`);
  }
}

/** Puts a file that cannot be used out of the way, as `….damaged`, so that a new one can take its place. */
export function setAside(path: string): void {
  renameSync(path, `${path}.damaged`);
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
}
