import Database from 'libsql';
import { recordColumns, type RequestRecord } from '../request-record';

export interface Retention {
  /** Rows older than this go. */
  days: number;
  /** Rows beyond this number go, the oldest first. */
  rows: number;
}

const VERSION = 2;
/** In its messages of errors, names of files and what clients sent. */
const WITH_NAMES = 1;

const columns = Object.keys(recordColumns) as (keyof typeof recordColumns)[];

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, ${columns.map((name) => `${name} ${recordColumns[name]}`).join(', ')}
  );
  CREATE INDEX IF NOT EXISTS requests_time ON requests (time);
  CREATE TABLE IF NOT EXISTS stages (
    request INTEGER NOT NULL, time INTEGER NOT NULL, name TEXT NOT NULL, ms REAL NOT NULL
  );
  CREATE INDEX IF NOT EXISTS stages_request ON stages (request);
  CREATE INDEX IF NOT EXISTS stages_time ON stages (time);
  PRAGMA user_version = ${VERSION};
`;

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
      const [{ user_version: version }] = this.db.pragma('user_version') as [{ user_version: number }];
      if (version === WITH_NAMES) this.forgetNames();
      else if (version !== 0 && version !== VERSION) throw new Error(`it has version ${version}, expected ${VERSION}`);
      this.db.exec(SCHEMA);
      const values = columns.map(() => '?').join();
      this.insert = this.db.prepare(`INSERT INTO requests (${columns.join()}) VALUES (${values})`);
      this.insertStage = this.db.prepare('INSERT INTO stages (request, time, name, ms) VALUES (?, ?, ?, ?)');
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  private forgetNames(): void {
    this.db.exec('UPDATE requests SET message = code WHERE message IS NOT NULL; VACUUM');
    // The old pages are in the log of the file, too.
    this.db.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** Writes all rows or none; now and then prunes. */
  add(rows: readonly RequestRecord[]): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      for (const row of rows) {
        const values = columns.map((name) => row[name]).map((one) => (typeof one === 'boolean' ? Number(one) : one));
        const { lastInsertRowid: id } = this.insert.run(values);
        for (const { name, ms } of row.stages) this.insertStage.run([id, row.time, name, ms]);
      }
      if (Date.now() - this.prunedAt > PRUNE_EVERY_MS) this.prune();
      this.db.exec('COMMIT');
    } catch (error) {
      // A damaged file has given the rows up already.
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.db.close();
  }

  /** Drops rows beyond the limits of age and number. */
  prune(): void {
    this.prunedAt = Date.now();
    const { days, rows } = this.retention;
    this.db.prepare('DELETE FROM requests WHERE time < ?').run([Date.now() - days * DAY_MS]);
    const newest = 'SELECT id FROM requests ORDER BY id DESC LIMIT 1 OFFSET ?';
    this.db.prepare(`DELETE FROM requests WHERE id <= (${newest})`).run([rows]);
    this.db.exec('DELETE FROM stages WHERE request < (SELECT COALESCE(MIN(id), 9e18) FROM requests)');
  }
}
