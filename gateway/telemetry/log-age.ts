import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const LOOK_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Files that winston has put away: `gateway1.log`, … and not `gateway.log`, which is being written. */
const OLDER = /^gateway\d+\.log$/;

/** Removes older log files whose last line is more than `days` old. @returns names of the removed files */
export async function dropOldLogs(directory: string, days: number, now = Date.now()): Promise<string[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => OLDER.test(name));
  const dropped: string[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs <= days * DAY_MS) continue;
    await rm(path, { force: true });
    dropped.push(name);
  }
  return dropped;
}

/** Does so now and every hour. @returns stops that */
export function keepLogsYoung(directory: string, days: number): () => void {
  const drop = () => void dropOldLogs(directory, days).catch(() => undefined);
  drop();
  const timer = setInterval(drop, LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}
