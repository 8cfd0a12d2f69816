import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../errors';
import type { SharedLocks } from '../../workspace/locks';
import { download } from './download';
import { archiveUrl, type NgcRequest } from './ngc-request';

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
    const url = archiveUrl(baseUrl, request);
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

  /** What nobody came back for. */
  private async forgetOld(): Promise<void> {
    const { directory } = this.options;
    const files = (await readdir(directory)).map((name) => join(directory, name));
    for (const file of files) {
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < Date.now() - KEEP_PARTS_MS) await rm(file, { force: true });
    }
  }
}
