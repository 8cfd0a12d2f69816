import type { FileHandle } from 'node:fs/promises';
import { Readable, pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { readAt } from '../read-at';
import { checkedContents } from './checked-contents';
import { tooMany } from './entry-paths';
import { DamagedArchive, UnsafeArchive, type ArchiveLimits } from './limits';
import type { EntryKind, RawEntry } from './raw-entry';
import { readZipDirectory, type ZipEntry } from './zip-directory';

const LOCAL = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x2041;

/** `S_IFMT` of a Unix mode; 0 is an archive without modes. */
const kinds: Record<number, EntryKind> = {
  0o040000: 'folder',
  0o120000: 'symbolic link',
  0o020000: 'device',
  0o060000: 'device',
  0o010000: 'pipe',
  0o140000: 'pipe',
};

/**
 * The entries of a zip file.
 * @throws UnsafeArchive when entries share bytes (which is how small bombs are made) or there are too many; DamagedArchive
 */
export async function readZipEntries(file: FileHandle, size: number, limits: ArchiveLimits): Promise<RawEntry[]> {
  const entries = await readZipDirectory(file, size, limits.entries);
  if (entries.length > limits.entries) throw tooMany(entries.length, limits);
  refuseOverlaps(entries, size);
  return entries.map((entry) => {
    const { name, method, flags } = entry;
    if ((flags & ENCRYPTED) !== 0) throw new UnsafeArchive(`"${name}" is encrypted; pack it without a password`);
    if (method !== STORED && method !== DEFLATED)
      throw new UnsafeArchive(`"${name}" is packed with method ${method}; pack it with deflate, as zip -r does`);
    const kind = kinds[entry.fileType] ?? (entry.isFolder ? 'folder' : 'file');
    return { name, kind, bytes: entry.bytes, open: () => openEntry(file, entry) };
  });
}

function refuseOverlaps(entries: readonly ZipEntry[], size: number): void {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  sorted.forEach(({ name, offset, nameBytes, packedBytes }, index) => {
    const end = offset + 30 + nameBytes.length + packedBytes;
    if (end > size) throw new DamagedArchive(`"${name}" lies beyond the end of the file; it is cut off`);
    const next = sorted[index + 1];
    if (next && end > next.offset) throw new UnsafeArchive(`"${name}" and "${next.name}" share the same bytes`);
  });
}

async function openEntry(file: FileHandle, entry: ZipEntry): Promise<Readable> {
  const header = await readAt(file, entry.offset, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== LOCAL)
    throw new DamagedArchive(`"${entry.name}" has no header of its own`);
  const nameLength = header.readUInt16LE(26);
  const name = await readAt(file, entry.offset + 30, nameLength);
  if (!name.equals(entry.nameBytes) || header.readUInt16LE(8) !== entry.method)
    throw new DamagedArchive(`"${entry.name}" is called "${name.toString('latin1')}" in its own header`);
  const start = entry.offset + 30 + nameLength + header.readUInt16LE(28);
  const checked = checkedContents(entry.name, entry.bytes, entry.crc);
  if (entry.packedBytes === 0) return Readable.from([]).pipe(checked);
  const packed = file.createReadStream({ start, end: start + entry.packedBytes - 1, autoClose: false });
  const done = () => undefined;
  return entry.method === STORED
    ? pipeline(packed, checked, done)
    : pipeline(packed, createInflateRaw(), checked, done);
}
