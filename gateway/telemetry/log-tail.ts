import { open } from 'node:fs/promises';
import { join } from 'node:path';

const CHUNK = 64 << 10;
/** As many as --log_files can ask for. */
const OLDER_FILES = 99;

/** The last `count` lines of the log, oldest first, across its files (`gateway.log`, then `gateway1.log`, …). */
export async function lastLogLines(directory: string, count: number): Promise<string[]> {
  let lines: string[] = [];
  for (let age = 0; age <= OLDER_FILES && lines.length < count; age++) {
    const file = join(directory, `gateway${age || ''}.log`);
    lines = [...(await lastLines(file, count - lines.length)), ...lines];
  }
  return lines;
}

/** Reads backwards from the end, as far as needed; a file that is not there has no lines. */
async function lastLines(path: string, count: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return [];
  try {
    let position = (await file.stat()).size;
    let text = Buffer.alloc(0);
    let newlines = 0;
    while (position > 0 && newlines <= count) {
      const length = Math.min(CHUNK, position);
      position -= length;
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      for (const byte of buffer) if (byte === 10) newlines++;
      text = Buffer.concat([buffer, text]);
    }
    const lines = text.toString('utf8').split('\n').filter(Boolean);
    return lines.slice(Math.max(0, lines.length - count));
  } finally {
    await file.close();
  }
}
