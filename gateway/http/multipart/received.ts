import type { Arrival } from '../../jobs/arrival';

/** The content of a request: text fields, and files on disk. */
export interface Upload {
  /** A folder of its own, which goes away with the answer. It is there where a file came; whoever else writes into it makes it in `workInFolder`. */
  directory: string;
  fields: Record<string, string>;
  /** The file with the text of the field `params`, where that goes to the disk. */
  params?: string;
  files: UploadedFile[];
  /** A body that is JSON and not a form, as it was sent. */
  json?: string;
  /** Set while its only file is arriving. */
  arrival?: Arrival;
  /** Set by `workInFolder`. */
  work?: Promise<unknown>;
  /** Nothing was written into its folder. */
  isEmpty?: boolean;
}

export interface UploadedFile {
  field: string;
  path: string;
  /** The client's own name for it, without folders; only its suffix is a hint. */
  name: string;
  bytes: number;
}

/** Takes an upload whose image is still arriving: a file of some size after the fields, of which one is `params`. */
export type Ahead = (begun: Upload) => void;
