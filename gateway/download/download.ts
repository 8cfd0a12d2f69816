import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { diskError } from '../disk-errors';
import { setAside } from '../workspace/set-aside';
import { asGatewayError, fail, GatewayError, messageOf } from '../errors';

export interface DownloadOptions {
  url: string;
  /** Value of the Authorization header; it stays with the host of `url`. */
  authorization?: string;
  /** Where the bytes go; what an earlier attempt left there is continued. */
  file: string;
  /** Largest file. */
  maxBytes: number;
  /** Longest time without a byte. */
  idleMs: number;
  /** First wait before another attempt; it doubles. @default 1000 */
  retryMs?: number;
  /** The wanted hash of the file, besides what the server says. */
  sha256?: string;
  /** What to do about an answer of this status. */
  advice?: Readonly<Record<number, string>>;
  /** @default the one of Node, which knows no proxies */
  fetch?: (url: URL, init: RequestInit) => Promise<Response>;
  signal: AbortSignal;
  onProgress(bytes: number, total: number | undefined): void;
}

/** Attempts without one new byte until the download is given up. */
const MAX_FRUITLESS_ATTEMPTS = 5;
const MAX_WAIT_MS = 15_000;

/** The state of a file that has begun to come, kept beside it. */
const begunRecord = z.object({
  /** Tells whether the server still has the same file: its ETag or date. */
  validator: z.string().optional(),
  total: z.number().optional(),
  digests: z.array(z.object({ algorithm: z.enum(['sha256', 'md5']), hex: z.string() })),
});

type Begun = z.output<typeof begunRecord>;
/** A checksum that a server sent along with a file. */
type Digest = Begun['digests'][number];

/** An attempt that failed in a way that another one may mend. */
class Interrupted extends Error {
  waitMs?: number;
}

/**
 * Fetches a file over HTTP, going on where it stopped (`Range` with `If-Range`) after a broken line, a time-out, a 5xx, or a restart of the
 * gateway. Length and every checksum that the server sends are compared.
 * @throws DOWNLOAD_FAILED, TOO_LARGE, DISK_FULL; the reason of `signal` when it aborts
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { url, file, signal, retryMs = 1000 } = options;
  let fruitless = 0;
  for (let wait = retryMs; ; wait = Math.min(2 * wait, MAX_WAIT_MS)) {
    const before = await sizeOf(file);
    try {
      return await attempt(options);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      if ((await sizeOf(file)) > before) {
        fruitless = 0;
        wait = retryMs;
      } else if (++fruitless >= MAX_FRUITLESS_ATTEMPTS) {
        throw fail('DOWNLOAD_FAILED', { url, what: `${error.message}, ${fruitless} times` }, { cause: error });
      }
      await sleep(error.waitMs ?? wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

async function attempt(options: DownloadOptions): Promise<void> {
  const { file, maxBytes, idleMs, signal, onProgress } = options;
  const idle = new AbortController();
  const stop = AbortSignal.any([signal, idle.signal]);
  const timer = setTimeout(() => idle.abort(new Interrupted(`nothing came for ${idleMs / 1000} s`)), idleMs);
  try {
    const have = await sizeOf(file);
    const begun = await readBegun(file);
    const resume = have > 0 && begun?.validator && { range: `bytes=${have}-`, 'if-range': begun.validator };
    const authorization = options.authorization ? { authorization: options.authorization } : undefined;
    const response = await followRedirects(options, { ...resume, 'accept-encoding': 'identity' }, authorization, stop);
    if (response.status === 416 || (response.status === 206 && !continues(response, have))) {
      await forget(file);
      throw Object.assign(new Interrupted('the server does not have the previous file any more'), { waitMs: 0 });
    }
    checkStatus(response, options);

    const goesOn = response.status === 206;
    const now = goesOn ? begun! : describe(response);
    if (!goesOn) await writeFile(begunFile(file), JSON.stringify(now));
    const start = goesOn ? have : 0;
    await checkRoom(file, (now.total ?? 0) - start, now.total ?? 0, maxBytes);

    let bytes = start;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        timer.refresh();
        bytes += chunk.length;
        onProgress(bytes, now.total);
        done(bytes > maxBytes ? tooLarge(maxBytes) : null, chunk);
      },
    });
    if (!response.body) throw new Interrupted('the answer has no body');
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(body, count, createWriteStream(file, { flags: goesOn ? 'a' : 'w' }), { signal: stop });
    if (now.total !== undefined && bytes < now.total)
      throw new Interrupted(`the connection ended after ${bytes} of ${now.total} bytes`);
    await checkDigests(options, now.digests);
    await rm(begunFile(file), { force: true });
  } catch (error) {
    if (error instanceof GatewayError || error instanceof Interrupted) throw error;
    if (idle.signal.aborted) throw idle.signal.reason;
    if (diskError(error)) throw asGatewayError(error);
    const { cause } = error as Error;
    throw new Interrupted(messageOf(cause ?? error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function checkStatus({ status, statusText, headers }: Response, { url, advice }: DownloadOptions): void {
  if (status === 200 || status === 206) return;
  if (advice?.[status]) throw fail('DOWNLOAD_FAILED', { url, what: `it answered ${status}: ${advice[status]}` });
  const what = `it answered ${status} ${statusText}`.trim();
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? NaN);
    const waitMs = seconds >= 0 ? Math.min(seconds * 1000, MAX_WAIT_MS) : undefined;
    throw Object.assign(new Interrupted(what), { waitMs });
  }
  throw fail('DOWNLOAD_FAILED', { url, what });
}

function describe({ headers }: Response): Begun {
  const etag = headers.get('etag');
  const length = headers.get('content-length');
  return {
    // A weak ETag does not promise the same bytes.
    validator: (etag?.startsWith('W/') ? undefined : etag) ?? headers.get('last-modified') ?? undefined,
    total: length === null ? undefined : Number(length),
    digests: digestsIn(headers),
  };
}

/** True when a 206 begins with the byte that is wanted. */
function continues({ headers }: Response, have: number): boolean {
  return Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? NaN) === have;
}

async function checkRoom(file: string, missing: number, total: number, maxBytes: number): Promise<void> {
  if (total > maxBytes) throw tooLarge(maxBytes);
  const { bavail, bsize } = await statfs(dirname(file));
  if (missing > bavail * bsize) throw fail('DISK_FULL', { what: `a model of ${total} bytes` });
}

const tooLarge = (maxBytes: number) =>
  fail('TOO_LARGE', { what: 'model', limit: `${Math.round(maxBytes / (1 << 20))} MB` });

async function checkDigests({ url, file, sha256 }: DownloadOptions, digests: readonly Digest[]): Promise<void> {
  const wanted: Digest[] = sha256 ? [...digests, { algorithm: 'sha256', hex: sha256 }] : [...digests];
  for (const algorithm of new Set(wanted.map((digest) => digest.algorithm))) {
    const hash = createHash(algorithm);
    await pipeline(createReadStream(file), hash);
    const hex = hash.digest('hex');
    const wrong = wanted.find((digest) => digest.algorithm === algorithm && digest.hex !== hex);
    if (!wrong) continue;
    await forget(file);
    throw fail('DOWNLOAD_FAILED', { url, what: `what came has the ${algorithm} ${hex}, expected ${wrong.hex}; nothing of it was kept, try again` }); // prettier-ignore
  }
}

const begunFile = (file: string) => `${file}.json`;

async function readBegun(file: string): Promise<Begun | undefined> {
  try {
    return begunRecord.parse(JSON.parse(await readFile(begunFile(file), 'utf8')));
  } catch {
    // The download begins anew.
    await setAside(begunFile(file));
    return undefined;
  }
}

async function forget(file: string): Promise<void> {
  await rm(file, { force: true });
  await rm(begunFile(file), { force: true });
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? 0;

/** Checksums in the headers of a whole file: `Content-MD5`, `Digest` (RFC 3230), `Repr-Digest` (RFC 9530), and the ones of S3. */
function digestsIn(headers: Headers): Digest[] {
  const found: Digest[] = [];
  const add = (algorithm: Digest['algorithm'], base64: string | null | undefined) => {
    if (base64) found.push({ algorithm, hex: Buffer.from(base64, 'base64').toString('hex') });
  };
  add('md5', headers.get('content-md5'));
  add('sha256', headers.get('x-amz-checksum-sha256'));
  for (const entry of (headers.get('digest') ?? '').split(',')) {
    const [, name, value] = /^\s*(sha-256|md5)=(\S+)\s*$/i.exec(entry) ?? [];
    if (name) add(name.toLowerCase() === 'md5' ? 'md5' : 'sha256', value);
  }
  add('sha256', /sha-256=:([^:]+):/i.exec(headers.get('repr-digest') ?? '')?.[1]);
  const lengths = { md5: 32, sha256: 64 };
  return found.filter(({ algorithm, hex }) => hex.length === lengths[algorithm]);
}

const MAX_REDIRECTS = 5;

/**
 * GET that follows redirects by itself, because the secret must stay with the host it is for: object stores, to which NGC redirects, refuse
 * a second authorization besides the signed URL, and no one else may learn the key.
 * @throws DOWNLOAD_FAILED for too many redirects or one to something that is not as safe as the first URL
 */
async function followRedirects(
  { url: first, fetch: get = fetch }: Pick<DownloadOptions, 'url' | 'fetch'>,
  headers: Record<string, string>,
  secret: Record<string, string> | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const { origin, protocol } = new URL(first);
  let url = new URL(first);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const all = { ...headers, ...(url.origin === origin ? secret : undefined) };
    const response = await get(url, { headers: all, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || !location) return response;
    await response.body?.cancel();
    url = new URL(location, url);
    const safe = url.protocol === 'https:' || (url.protocol === 'http:' && protocol === 'http:');
    if (!safe) throw fail('DOWNLOAD_FAILED', { url: first, what: `it redirects to ${url.protocol}//${url.host}, which is not encrypted` }); // prettier-ignore
  }
  throw fail('DOWNLOAD_FAILED', { url: first, what: `it redirects more than ${MAX_REDIRECTS} times` });
}
