import type { Readable } from 'node:stream';

export type EntryKind = 'file' | 'folder' | 'symbolic link' | 'hard link' | 'device' | 'pipe' | 'sparse file';

/** One entry as an archive's headers describe it, not checked yet. */
export interface RawEntry {
  /** As written; `\` is what some Windows programs write for `/`. */
  name: string;
  kind: EntryKind;
  /** Unpacked size by the header. */
  bytes: number;
  /** Its contents, from the archive's open file. Ends with DamagedArchive when they are not what the header promised. */
  open(): Promise<Readable>;
}
