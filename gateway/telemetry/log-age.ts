import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { foldersIn } from './log-tail';

const LOOK_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Files that winston has put away: `gateway1.log`, … and not `gateway.log`, which is being written. */
const OLDER = /^gateway\d+\.log$/;
/** Of another gateway, which may be gone. */
const ANY = /^gateway\d*\.log$/;

/** Removes older log files whose last line is more than `days` old. @returns names of the removed files */
export async function dropOldLogs(directory: string, days: number, files = OLDER): Promise<string[]> {
  const now = Date.now();
  const names = (await readdir(directory).catch(() => [])).filter((name) => files.test(name));
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

/** The same in the folders of the other gateways that log beside this one; a folder that has become empty goes too. */
export async function dropLogsOfOthers(logs: string, own: string, days: number): Promise<void> {
  for (const folder of (await foldersIn(logs)).filter((other) => basename(other) !== own)) {
    await dropOldLogs(folder, days, ANY);
    await rmdir(folder).catch(() => undefined);
  }
}

/**
 * Does so now and every hour.
 * @param own folder in `logs` of this gateway where it shares them with others
 * @returns stops that
 */
export function keepLogsYoung(logs: string, own: string | undefined, days: number): () => void {
  const look = async () => {
    await dropOldLogs(own === undefined ? logs : join(logs, own), days);
    if (own !== undefined) await dropLogsOfOthers(logs, own, days);
  };
  const drop = () => void look().catch(() => undefined);
  drop();
  const timer = setInterval(drop, LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}
