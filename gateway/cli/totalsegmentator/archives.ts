import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { download } from '../../download/download';
import { fetchThroughProxy } from '../../download/proxy';
import { GatewayError } from '../../errors';
import { CliFailure } from '../failure';
import { progressLine, type Terminal } from '../terminal';
import { archiveOf } from './tasks';

export interface Source {
  /** Where archives are looked for first, and kept. */
  folder: string;
  /** `https://host/path`, to which `TAG/FOLDER.zip` is added. */
  baseUrl: string;
  timeoutSeconds: number;
  /** First wait before another attempt. @default 1000 */
  retryMs?: number;
}

/** The largest archive is about 1 GB. */
const MOST_BYTES = 8 * 2 ** 30;
const IDLE_MS = 60_000;

/**
 * The archives of some networks: taken from the folder, else fetched into it, each going on where it stopped before. What hash it must have, a file `NAME.zip.sha256` beside
 * it says, or the server.
 * @param task for sentences
 * @returns their paths, by number
 * @throws CliFailure naming the files that are missing, or why one does not come
 */
export async function archives(numbers: readonly number[], task: string, source: Source, terminal: Terminal): Promise<Map<number, string>> {
  const { folder } = source;
  const wanted = numbers.map((number) => ({ number, ...archiveOf(number) }));
  const licensed = wanted.filter(({ file, path }) => !path && !existsSync(join(folder, file)));
  if (licensed.length > 0)
    throw new CliFailure(`the task ${task} needs a licence: get its weights from TotalSegmentator's makers and put ${licensed.map(({ file }) => file).join(', ')} into ${folder} (--files)`);
  mkdirSync(folder, { recursive: true });
  for (const { file, path } of wanted) if (path && !existsSync(join(folder, file))) await fetchArchive(file, path, source, terminal);
  return new Map(wanted.map(({ number, file }) => [number, join(folder, file)]));
} // prettier-ignore

async function fetchArchive(file: string, path: string, source: Source, terminal: Terminal): Promise<void> {
  const { folder, baseUrl, timeoutSeconds, retryMs } = source;
  const url = `${baseUrl.replace(/\/+$/, '')}/${path}`;
  const part = join(folder, `${file}.part`);
  const offline = `; without a network, put it into ${folder} yourself`;
  try {
    await download({
      url,
      file: part,
      maxBytes: MOST_BYTES,
      idleMs: IDLE_MS,
      retryMs,
      sha256: hashBeside(join(folder, `${file}.sha256`)),
      fetch: fetchThroughProxy(process.env),
      advice: { 404: `no such archive; is the base URL right (--weights-url)?` },
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
      onProgress: (bytes, total) => terminal.progress(progressLine(`fetching ${file}`, bytes, total ?? bytes)),
    });
  } catch (error) {
    if (error instanceof GatewayError) throw new CliFailure(`${file} was not fetched: ${error.message}${offline}`);
    if ((error as Error).name !== 'TimeoutError') throw error;
    throw new CliFailure(`${file} did not come whole within ${timeoutSeconds} s (--timeout); call again and it goes on from there`);
  } finally {
    terminal.progress('');
  }
  renameSync(part, join(folder, file));
} // prettier-ignore

/** The first 64 hexadecimal digits of a file as sha256sum writes it; undefined without a file. */
function hashBeside(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const [hash] = /\b[0-9a-f]{64}\b/i.exec(readFileSync(path, 'utf8')) ?? [];
  if (hash) return hash.toLowerCase();
  throw new CliFailure(`${path} has no SHA-256 in it (64 hexadecimal digits)`);
}
