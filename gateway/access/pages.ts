/** From which pages a request may come: of any origin, of those that `--cors_origins` allows, or only of those that it names (`*` names none). */
export type Origins = 'any' | 'allowed' | 'named';

/** Which page sent a request: none (a program, or a person who typed or followed a link), one of this server, a named one, or another. */
export type Page = 'none' | 'own' | 'named' | 'other';

/** Headers by which browsers say where a request comes from; pages cannot change them. */
export interface PageHeaders {
  origin?: string;
  /** `Sec-Fetch-Site`, `-Mode` and `-Dest`: sent to https and to this machine only. @see W3C Fetch Metadata */
  site?: string;
  mode?: string;
  destination?: string;
  /** Host and port that the request was sent to. */
  host: string;
}

/** The web pages that `--cors_origins` lets call this server, besides its own. */
export class Pages {
  private readonly origins: readonly string[];

  /** @param list origins, comma separated; `*` is every page */
  constructor(list: string) {
    this.origins = list
      .split(',')
      .map((origin) => origin.trim().replace(/\/$/, '').toLowerCase())
      .filter(Boolean);
  }

  whose({ origin, site, mode, destination, host }: PageHeaders): Page {
    if (site === 'same-origin') return 'own';
    if (origin !== undefined) return this.names(origin) ? 'named' : isOwn(origin, host) ? 'own' : 'other';
    const followed = mode === 'navigate' && destination === 'document';
    return site === undefined || site === 'none' || followed ? 'none' : 'other';
  }

  names(origin: string): boolean {
    return this.origins.includes(origin.toLowerCase());
  }

  /** Whether an endpoint for `origins` is open to a page. */
  admits(page: Page, origins: Origins): boolean {
    return page !== 'other' || origins === 'any' || (origins === 'allowed' && this.origins.includes('*'));
  }
}

/** The scheme may be a proxy's. */
function isOwn(origin: string, host: string): boolean {
  if (!/^https?:\/\//i.test(origin)) return false;
  const own = `${origin.split(':')[0]}://${host}`;
  return URL.canParse(own) && URL.canParse(origin) && new URL(own).origin === new URL(origin).origin;
}
