import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '../../errors';
import { withoutMark } from '../../text';
import type { SharedLocks } from '../../workspace/locks';
import { download } from '../../download/download';

const segment = '[A-Za-z0-9][A-Za-z0-9._-]{0,127}';

const pathText = 'expected "org/team/name", for example "nvidia/med/clara_ct_seg_spleen_amp"';
const versionText = 'expected a version, for example "1"';

const schema = z.strictObject({
  path: z.string(pathText).regex(new RegExp(`^${segment}(/${segment}){1,2}$`), pathText),
  version: z
    .union([z.string(), z.number()], versionText)
    .transform(String)
    .pipe(z.string().regex(new RegExp(`^${segment}$`), versionText)),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'expected 64 hexadecimal digits')
    .transform((digits) => digits.toLowerCase())
    .optional(),
});

/** A model in NGC's catalogue, as AIAA's clients name it: `org/team/name` or `org/name`, and what the archive must hash to, in hex. */
export type NgcRequest = z.output<typeof schema>;

/** Reads `{"path": "nvidia/med/…", "version": "1"}`. @throws BAD_PARAMS naming the key that is wrong */
export function parseNgcRequest(text: string): NgcRequest {
  let value: unknown;
  try {
    value = JSON.parse(withoutMark(text));
  } catch (cause) {
    throw fail('BAD_PARAMS', { what: 'the request for a model of NGC is not JSON: {"path": "org/team/name", "version": "1"}' }, { cause }); // prettier-ignore
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const where = path.length > 0 ? `${path.join('.')} of ` : '';
  throw fail('BAD_PARAMS', { what: `${where}the request for a model of NGC: ${message}` });
}

export interface NgcOptions {
  /** `https://api.ngc.nvidia.com`, or a mirror. */
  baseUrl: string;
  apiKey?: string;
  /** Folder for what has not come whole yet; it survives a restart. */
  directory: string;
  maxBytes: number;
  /** Longest time for one download, all attempts together. */
  timeoutMs: number;
  /** Longest time without a byte. */
  idleMs: number;
  /** First wait before another attempt. @default 1000 */
  retryMs?: number;
}

const PRIVATE = 'the model is private or the key is wrong; set the key with AIAA_NGC_API_KEY';
const advice = { 401: PRIVATE, 403: PRIVATE, 404: 'no such model or version; check "path" and "version"' };

const KEEP_PARTS_MS = 7 * 24 * 3600 * 1000;

/** How far a download has come. */
export interface Progress {
  from: string;
  bytes: number;
  /** Unknown where the server does not tell. */
  total?: number;
}

/** Fetches archives of models from NGC, or from what answers like it. */
export class Ngc {
  private readonly underWay = new Map<string, Progress>();

  /** @param locks by download, among all gateways that share the folder */
  constructor(
    private readonly options: NgcOptions,
    private readonly locks: SharedLocks,
  ) {}

  /** Downloads under way, by the name of the model they are for. */
  get progress(): ReadonlyMap<string, Progress> {
    return this.underWay;
  }

  /**
   * Fetches the archive of a model into `directory`.
   * @param model the name it will have here
   * @param gone the client is not there any more; what has come is kept for its next request
   * @throws DOWNLOAD_FAILED, TOO_LARGE, DISK_FULL, CANCELLED
   */
  async fetch(
    model: string,
    request: NgcRequest,
    directory: string,
    gone: AbortSignal,
  ): Promise<{ path: string; name: string }> {
    const { baseUrl, apiKey, timeoutMs, ...limits } = this.options;
    const version = encodeURIComponent(request.version);
    const url = `${baseUrl.replace(/\/+$/, '')}/v2/models/${request.path}/versions/${version}/zip`;
    const deadline = AbortSignal.timeout(timeoutMs);
    const key = createHash('sha256').update(url).digest('hex');
    const part = join(limits.directory, key);
    await mkdir(limits.directory, { recursive: true });
    await this.forgetOld();
    const path = join(directory, 'ngc.zip');
    const lock = `download-${key}`;
    await this.locks.run(lock, async () => {
      this.underWay.set(model, { from: url, bytes: 0 });
      try {
        await download({
          ...limits,
          url,
          authorization: apiKey && `Bearer ${apiKey}`,
          file: part,
          sha256: request.sha256,
          advice,
          signal: AbortSignal.any([gone, deadline]),
          onProgress: (bytes, total) => this.underWay.set(model, { from: url, bytes, total }),
        });
        await this.locks.confirm(lock);
        await rename(part, path);
      } catch (error) {
        if (gone.aborted) throw fail('CANCELLED', {}, { cause: error });
        if (!deadline.aborted) throw error;
        const what = `it did not come whole within ${timeoutMs / 1000} s; upload it again and it goes on from there`;
        throw fail('DOWNLOAD_FAILED', { url, what }, { cause: error });
      } finally {
        this.underWay.delete(model);
      }
    });
    return { path, name: `${request.path.split('/').at(-1)}_${request.version}.zip` };
  }

  /** Removes downloads that nobody came back for. */
  private async forgetOld(): Promise<void> {
    const { directory } = this.options;
    for (const name of await readdir(directory)) {
      const file = join(directory, name);
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < Date.now() - KEEP_PARTS_MS) await rm(file, { force: true });
    }
  }
}
