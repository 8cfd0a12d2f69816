import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable, Transform } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { DamagedArchive } from './limits';

export type EntryKind =
  'file' | 'folder' | 'symbolic link' | 'hard link' | 'device' | 'pipe' | 'sparse file' | 'special file';

/** One entry as an archive's headers describe it, not checked yet. */
export interface RawEntry {
  /** As written; `\` is what some Windows programs write for `/`. */
  name: string;
  kind: EntryKind;
  /** Unpacked size by the header. */
  bytes: number;
  /** Whether it is packed smaller than it is; archives that do not say have it as it is. @default false */
  isCompressed?: boolean;
  /** Its contents, from the archive's open file. Ends with DamagedArchive when they are not what the header promised. */
  open(): Promise<Readable>;
}

/** Where the contents of an entry lie in the archive, and what its headers say of them. */
interface PackedContents {
  name: string;
  /** First byte in the archive, and number of bytes there. */
  start: number;
  packedBytes: number;
  bytes: number;
  isDeflated?: boolean;
  /** CRC-32 of the contents, where the archive has one. */
  crc?: number;
}

/**
 * The contents of an entry, compared with its headers: a byte more than promised ends the stream at once, so that a header cannot talk its
 * way past the limits.
 */
export function contentsOf(
  file: FileHandle,
  { name, start, packedBytes, bytes, isDeflated, crc }: PackedContents,
): Readable {
  let seen = 0;
  let sum = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > bytes)
        return done(new DamagedArchive(`"${name}" unpacks to more than the ${bytes} bytes it announces`));
      if (crc !== undefined) sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      if (seen < bytes)
        return done(new DamagedArchive(`"${name}" has ${seen} bytes and announces ${bytes}; it is cut off`));
      if (crc !== undefined && sum !== crc)
        return done(new DamagedArchive(`"${name}" is damaged (its checksum is wrong)`));
      done();
    },
  });
  if (packedBytes === 0) return Readable.from([]).pipe(checked);
  const packed = file.createReadStream({ start, end: start + packedBytes - 1, autoClose: false });
  // A failure reaches the reader of `checked`.
  const done = () => undefined;
  return isDeflated ? pipeline(packed, createInflateRaw(), checked, done) : pipeline(packed, checked, done);
}
