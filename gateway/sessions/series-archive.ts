import { fail, GatewayError } from '../errors';
import type { FetchSeries } from './pacs/fetch-series';
import type { SessionStore, SessionUse } from './store';

/**
 * The operator's DICOMweb archive, for clients that name a series and send nothing. Each series is fetched once and is a session from then on,
 * so that further calls on it find it there, decoded.
 */
export class SeriesArchive {
  /** Session of each series that was fetched; it may be over since. */
  private readonly fetched = new Map<string, string>();
  private readonly underWay = new Map<string, Promise<string>>();

  constructor(
    private readonly url: string,
    private readonly sessions: SessionStore,
    private readonly fetchSeries: FetchSeries,
  ) {}

  /**
   * The series as a session that a job may read.
   * @param signal ends the waiting; the fetching goes on, since a client that gave up asks again
   * @throws BAD_PARAMS for a UID that is none, PACS_NO_IMAGES, PACS_FAILED, PACS_TIMEOUT, CANCELLED, DISK_FULL
   */
  async use(series: string, signal: AbortSignal): Promise<SessionUse> {
    return (await this.live(series)) ?? this.sessions.use(await unless(signal, this.fetchOnce(series)));
  }

  private async live(series: string): Promise<SessionUse | undefined> {
    const id = this.fetched.get(series);
    if (id === undefined) return undefined;
    return this.sessions.use(id).catch((error: unknown) => {
      if (!(error instanceof GatewayError) || error.code !== 'SESSION_EXPIRED') throw error;
      if (this.fetched.get(series) === id) this.fetched.delete(series);
      return undefined;
    });
  }

  private fetchOnce(series: string): Promise<string> {
    const fetching = this.underWay.get(series) ?? this.fetch(series).finally(() => this.underWay.delete(series));
    this.underWay.set(series, fetching);
    return fetching;
  }

  private async fetch(series: string): Promise<string> {
    const source = this.fetchSeries({ server_address: this.url, series_uid: series });
    const { id } = await this.sessions.create(source, { signal: new AbortController().signal });
    for (const [other, session] of this.fetched) if (!this.sessions.has(session)) this.fetched.delete(other);
    this.fetched.set(series, id);
    return id;
  }
}

/** The result, or CANCELLED as soon as the signal says so. */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const cancelled = new Promise<never>((_, reject) => {
    const cancel = () => reject(fail('CANCELLED'));
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  });
  // The other one is not waited for any more.
  work.catch(() => undefined);
  cancelled.catch(() => undefined);
  return Promise.race([work, cancelled]);
}
