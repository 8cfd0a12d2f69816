import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import { messageOf } from '../../errors';
import { readAt } from '../read-at';
import { tooMany } from './entry-paths';
import { DamagedArchive, type ArchiveLimits } from './limits';
import { contentsOf, type EntryKind, type RawEntry } from './raw-entry';

const BLOCK = 512;
/** Extended headers hold a name or two. */
const MAX_HEADER_BYTES = 1 << 20;

const kinds: Partial<Record<string, EntryKind>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  link: 'hard link',
  symlink: 'symbolic link',
  'character-device': 'device',
  'block-device': 'device',
  fifo: 'pipe',
};

/** Whether a file starts like a tar: one of any age, known by the checksum of its first header. */
export const isTar = (head: Buffer): Promise<boolean> =>
  nextHeader([head]).then(
    (header) => header !== undefined,
    () => false,
  );

/**
 * The entries of a tar file (POSIX ustar and pax, GNU long names): only headers are read, contents are stepped over.
 * @throws UnsafeArchive when there are too many; DamagedArchive
 */
export async function readTarEntries(file: FileHandle, size: number, limits: ArchiveLimits): Promise<RawEntry[]> {
  const entries: RawEntry[] = [];
  for (let at = 0; entries.length <= limits.entries;) {
    const block = await readAt(file, at, BLOCK);
    if (block.length < BLOCK) throw new DamagedArchive('a tar archive without its end; it is cut off');
    if (block.every((byte) => byte === 0)) return entries;
    const { name, kind, bytes, headerBytes } = await entryAt(file, at);
    const start = at + headerBytes;
    if (start + bytes > size) throw new DamagedArchive(`"${name}" lies beyond its end; it is cut off`);
    at = start + Math.ceil(bytes / BLOCK) * BLOCK;
    const open = async () => contentsOf(file, { name, start, packedBytes: bytes, bytes });
    entries.push({ name, kind, bytes: kind === 'file' ? bytes : 0, open });
  }
  throw tooMany(entries.length, limits);
}

/** An entry, and the bytes of its headers: its own and the extended ones before it. */
async function entryAt(file: FileHandle, at: number) {
  const header = await nextHeader(chunksFrom(file, at)).catch((error: unknown) => {
    throw new DamagedArchive(`its header at byte ${at} is damaged (${messageOf(error)})`, { cause: error });
  });
  if (!header) throw new DamagedArchive('a tar archive without its end; it is cut off');
  const { name, type, size, byteOffset: headerBytes, pax } = header;
  if (pax) await refuseDamagedPax(file, at, at + headerBytes - BLOCK);
  const isSparse = Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse'));
  const kind: EntryKind = isSparse ? 'sparse file' : (kinds[type] ?? 'special file');
  return { name, kind, bytes: size, headerBytes };
}

/** One header, then more for the extended ones. */
async function* chunksFrom(file: FileHandle, at: number): AsyncGenerator<Buffer> {
  for (let length = BLOCK, end = at + MAX_HEADER_BYTES; at < end; length = 128 * BLOCK) {
    const chunk = await readAt(file, at, length);
    if (chunk.length === 0) return;
    yield chunk;
    at += chunk.length;
  }
  throw new Error(`more than ${MAX_HEADER_BYTES} bytes of extended headers`);
}

/** tar-stream reads extended headers up to the first record that is damaged. Each is `<length> <key>=<value>\n`. */
async function refuseDamagedPax(file: FileHandle, start: number, end: number): Promise<void> {
  for (let at = start; at < end;) {
    const header = await readAt(file, at, BLOCK);
    const size = Math.max(0, parseInt(header.toString('latin1', 124, 136), 8));
    const records = header[156] === 0x78 ? await readAt(file, at + BLOCK, size) : Buffer.alloc(0);
    for (let record = 0; record < records.length;) {
      const length = Number(/^(\d+) /.exec(records.toString('latin1', record, record + 20))?.[1]);
      if (!(length > 0) || records[record + length - 1] !== 0x0a)
        throw new DamagedArchive(`the extended header at byte ${at} is damaged`);
      record += length;
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** With what the library's types leave out. */
type TarHeader = Header & { byteOffset: number; pax: Record<string, string> | null };

/** The first entry in these bytes; tar-stream gets no more of them than it needs. @throws what it says of a damaged header */
async function nextHeader(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<TarHeader | undefined> {
  const parser = extract({ allowUnknownFormat: true } as object);
  const source = Readable.from(chunks, { highWaterMark: 1 });
  source.on('error', (error) => parser.destroy(error)).pipe(parser);
  try {
    for await (const { header } of parser) return header as TarHeader;
    return undefined;
  } finally {
    source.destroy();
  }
}
