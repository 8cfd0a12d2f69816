import { open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The file that is written. Full ones become `gateway1.log`, `gateway2.log`, … */
export const LOG_FILE = 'gateway.log';
/** The name of a full file by its age: 0 is the one that is written. */
export const olderFile = (age: number): string => LOG_FILE.replace('.', `${age || ''}.`);
/** Full files. */
const OLDER = /^gateway\d+\.log$/;
/** All files of a gateway that may have ended. */
const ANY = /^gateway\d*\.log$/;
/** As many as --log_files can ask for. */
const OLDER_FILES = 99;

const CHUNK = 64 << 10;
const PRUNE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * The last `count` lines of the log, oldest first: of the files in the folder, and of those of gateways that have a folder each in it.
 * @param before milliseconds since 1970: without the lines from then on
 */
export async function lastLogLines(directory: string, count: number, before?: number): Promise<string[]> {
  const folders = [directory, ...(await foldersIn(directory))];
  const all = await Promise.all(folders.map((folder) => linesIn(folder, count, before)));
  const logs = all.filter(({ length }) => length > 0);
  return logs.length > 1 ? byTime(logs).slice(-count) : (logs[0] ?? []);
}

async function foldersIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
}

/** Lines of several logs as one log; a line that was cut off stays after the one before it. */
function byTime(logs: readonly string[][]): string[] {
  const timed = logs.flatMap((lines) => {
    let time = 0;
    return lines.map((line) => ({ line, time: (time = timeOf(line) || time) }));
  });
  return timed.sort((a, b) => a.time - b.time).map(({ line }) => line);
}

/** Across the files of one gateway, the newest first. */
async function linesIn(directory: string, count: number, before?: number): Promise<string[]> {
  const lines: string[] = [];
  let reached = before === undefined;
  for (let age = 0; age <= OLDER_FILES && lines.length < count; age++)
    for await (const line of linesBackwards(join(directory, olderFile(age)))) {
      reached ||= timeOf(line) < before!;
      if (reached) lines.push(line);
      if (lines.length >= count) break;
    }
  return lines.reverse();
}

/** Milliseconds since 1970; NaN for a line that was cut off. */
function timeOf(line: string): number {
  const [, time] = /"timestamp":"([^"]+)"/.exec(line) ?? [];
  return time ? Date.parse(time) : NaN;
}

/** From the end; a file that is not there has no lines. */
async function* linesBackwards(path: string): AsyncGenerator<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return;
  try {
    let position = (await file.stat()).size;
    /** The end of a line whose beginning is not read yet. */
    let rest = Buffer.alloc(0);
    while (position > 0) {
      const length = Math.min(CHUNK, position);
      position -= length;
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      const bytes = Buffer.concat([buffer, rest]);
      const whole = position === 0 ? 0 : bytes.indexOf(10) + 1 || bytes.length;
      rest = bytes.subarray(0, whole);
      yield* bytes.toString('utf8', whole).split('\n').filter(Boolean).reverse();
    }
  } finally {
    await file.close();
  }
}

/** Removes full log files whose last line is more than `days` old. @returns names of the removed files */
export async function pruneLogs(directory: string, days: number, files = OLDER): Promise<string[]> {
  const now = Date.now();
  const names = (await readdir(directory).catch(() => [])).filter((name) => files.test(name));
  const removed: string[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs <= days * DAY_MS) continue;
    await rm(path, { force: true });
    removed.push(name);
  }
  return removed;
}

/** The same in the folders of the other gateways that log beside this one; a folder that has become empty goes too. */
export async function pruneLogsOfOthers(logs: string, own: string, days: number): Promise<void> {
  for (const folder of (await foldersIn(logs)).filter((other) => basename(other) !== own)) {
    await pruneLogs(folder, days, ANY);
    await rmdir(folder).catch(() => undefined);
  }
}

/** Prunes the logs now and every hour. @param own folder in `logs` of this gateway where it shares them with others */
export function keepLogsPruned(logs: string, own: string | undefined, days: number): void {
  const prune = async () => {
    await pruneLogs(join(logs, own ?? ''), days);
    if (own !== undefined) await pruneLogsOfOthers(logs, own, days);
  };
  const tryTo = () => void prune().catch(() => undefined);
  tryTo();
  setInterval(tryTo, PRUNE_EVERY_MS).unref();
}
