import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const CHUNK = 64 << 10;
/** As many as --log_files can ask for. */
const OLDER_FILES = 99;

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

/** Paths of the folders in a folder. */
export async function foldersIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
}

/** Lines of several logs as one log; a line that was cut off stays behind the one before it. */
function byTime(logs: readonly string[][]): string[] {
  const timed = logs.flatMap((lines) => {
    let time = 0;
    return lines.map((line) => ({ line, time: (time = timeOf(line) || time) }));
  });
  return timed.sort((a, b) => a.time - b.time).map(({ line }) => line);
}

/** Across the files of one gateway: `gateway.log`, then `gateway1.log`, … */
async function linesIn(directory: string, count: number, before?: number): Promise<string[]> {
  const lines: string[] = [];
  let reached = before === undefined;
  for (let age = 0; age <= OLDER_FILES && lines.length < count; age++)
    for await (const line of linesBackwards(join(directory, `gateway${age || ''}.log`))) {
      reached ||= timeOf(line) < before!;
      if (reached) lines.push(line);
      if (lines.length >= count) break;
    }
  return lines.reverse();
}

/** Of a line that was cut off: never. */
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
