import { existsSync, renameSync } from 'node:fs';
import { messageOf } from '../../errors';
import { HistoryDatabase, type Retention } from './database';

/** The file of the history, opened when it is needed. One that is damaged is set aside, and a new one begun. */
export class HistoryFile {
  private database: HistoryDatabase | undefined;

  /** @param onReplaced told the path that a damaged file has now, and what was wrong with it */
  constructor(
    private readonly path: string,
    private readonly retention: Retention,
    private readonly onReplaced: (kept: string, what: string) => void,
  ) {}

  /** @throws what SQLite says of a file that is not there or cannot be written */
  use<T>(work: (database: HistoryDatabase) => T): T {
    try {
      return work(this.open());
    } catch (error) {
      this.close();
      if (!isDamaged(error)) throw error;
      this.onReplaced(setAside(this.path), messageOf(error));
      return work(this.open());
    }
  }

  close(): void {
    try {
      this.database?.close();
    } catch {
      // It is of no more use either way.
    }
    this.database = undefined;
  }

  private open(): HistoryDatabase {
    try {
      return (this.database ??= new HistoryDatabase(this.path, this.retention));
    } catch (error) {
      // Its library puts the path into the sentence.
      const what = messageOf(error);
      if (!what.includes(this.path)) throw error;
      throw new Error(`its file cannot be opened (${what.replaceAll(this.path, 'telemetry.db')})`, { cause: error });
    }
  }
}

/** Not a database, damaged inside, or of another version: waiting does not help. */
function isDamaged(error: unknown): boolean {
  return /not a database|malformed|corrupt|it has version|no such (?:column|table)/i.test(messageOf(error));
}

/** Puts a file out of the way, as `….damaged`, `….damaged-2`, …, so that a new one can take its place. @returns its new path */
function setAside(path: string): string {
  let kept = `${path}.damaged`;
  for (let number = 2; existsSync(kept); number++) kept = `${path}.damaged-${number}`;
  // The log of its last rows goes first: beside a new file it would be taken for that one's.
  for (const suffix of ['-wal', '-shm', '']) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  return kept;
}
