import type { SeriesRequest } from './series-request';

export interface PacsOptions {
  /** AE title of this server. */
  aeTitle: string;
  /** Port on which images are taken for C-MOVE; 0 is C-GET only. */
  movePort: number;
  /** Hosts that may be asked; `*` is any. */
  hosts: string;
  /** Deadline for one series. */
  timeoutMs: number;
  /** Largest series. */
  maxBytes: number;
}

/** What the ways of fetching share: where the files go, and when to give up. */
export interface FetchTask {
  request: SeriesRequest;
  options: PacsOptions;
  /** Folder for the files. */
  folder: string;
  signal: AbortSignal;
  /** Servers (as {@link describeServer} calls them) that gave images by C-MOVE only, for as long as the gateway runs. */
  onlyMove: Set<string>;
}

/** The series a request means. */
export interface FoundSeries {
  study: string;
  series: string;
}
