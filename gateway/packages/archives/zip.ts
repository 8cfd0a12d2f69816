import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Open, type CentralDirectory, type File } from 'unzipper';
import { messageOf } from '../../errors';
import { readAt } from '../read-at';
import { tooMany } from './entry-paths';
import { DamagedArchive, UnsafeArchive, type ArchiveLimits } from './limits';
import { contentsOf, type EntryKind, type RawEntry } from './raw-entry';

/** Signatures of APPNOTE.TXT 4.3.7 to 4.3.16. */
const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const END = Buffer.from('PK\x05\x06', 'latin1');
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const NO_32 = 0xffffffff;
const NO_16 = 0xffff;

/** The record at the end, and a comment. */
const MAX_TAIL_BYTES = 22 + 0xffff;
/** 20 000 entries with names of 512 characters need about 12 MB. */
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20;

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
 * The entries of a zip file, with zip64 (which PyTorch writes).
 * @throws UnsafeArchive when entries share bytes (which is how small bombs are made) or there are too many; DamagedArchive
 */
export async function readZipEntries(file: FileHandle, size: number, limits: ArchiveLimits): Promise<RawEntry[]> {
  const entries = await readDirectory(file, size, limits);
  refuseOverlaps(entries, size);
  return entries.map((entry) => {
    const { compressionMethod: method, flags, versionMadeBy, externalFileAttributes: attributes } = entry;
    const name = nameOf(entry);
    if ((flags & ENCRYPTED) !== 0) throw new UnsafeArchive(`"${name}" is encrypted; pack it without a password`);
    if (method !== STORED && method !== DEFLATED)
      throw new UnsafeArchive(`"${name}" is packed with method ${method}; pack it with deflate, as zip -r does`);
    // Systems 3 and 19 are Unix and macOS; 0x10 is the DOS attribute of a folder.
    const hasMode = [3, 19].includes(versionMadeBy >> 8);
    const isFolder = /[/\\]$/.test(name) || (attributes & 0x10) !== 0;
    const kind = kinds[hasMode ? (attributes >>> 16) & 0o170000 : 0] ?? (isFolder ? 'folder' : 'file');
    const isCompressed = method !== STORED;
    return { name, kind, bytes: entry.uncompressedSize, isCompressed, open: () => openEntry(file, entry) };
  });
}

/** Names of the files in a zip file. @throws UnsafeArchive when there are more than `limits` say, DamagedArchive */
export const zipNames = async (file: FileHandle, size: number, entries: number): Promise<string[]> =>
  (await readDirectory(file, size, { entries })).map(nameOf);

/** UTF-8 where the entry says so or its bytes are that; else an old code page, of which only the ASCII part is sure. */
const nameOf = ({ path, pathBuffer, isUnicode }: File): string =>
  isUnicode || !path.includes('\ufffd') ? path : pathBuffer.toString('latin1');

/**
 * unzipper reads as many entries as the end of the file announces, wherever it says that they lie: how many and where is checked before, and
 * it gets those bytes alone. It takes the first end record in the tail; one in the contents of a packed archive would do.
 */
async function readDirectory(file: FileHandle, size: number, limits: Pick<ArchiveLimits, 'entries'>): Promise<File[]> {
  const end = await findEnd(file, size);
  if (end.length > MAX_DIRECTORY_BYTES)
    throw new DamagedArchive(`its directory has ${end.length} bytes; no model needs that many files`);
  if (end.start + end.length > end.record) throw new DamagedArchive('its directory lies beyond its end; it is cut off');
  if (end.entries > limits.entries) throw tooMany(end.entries, limits);
  const bytes = await readAt(file, end.start, size - end.start);
  const source = {
    size: async () => size,
    stream: (from: number) => {
      const until = from === end.start ? end.start + end.length : size;
      return Readable.from([bytes.subarray(Math.max(0, from - end.start), until - end.start)]);
    },
  };
  const open = Open.custom as (from: typeof source, options: { tailSize: number }) => Promise<CentralDirectory>;
  const { files } = await open(source, { tailSize: size - end.record }).catch((error: unknown) => {
    throw new DamagedArchive(`its directory is damaged (${messageOf(error)})`, { cause: error });
  });
  const length = files.reduce(
    (sum, entry) => sum + 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength,
    0,
  );
  if (length !== end.length || files.some(({ signature }) => signature !== ENTRY))
    throw new DamagedArchive(`its directory announces ${end.entries} entries and holds others`);
  for (const { uncompressedSize, compressedSize, offsetToLocalFileHeader } of files)
    if (![uncompressedSize, compressedSize, offsetToLocalFileHeader].every(Number.isSafeInteger))
      throw new DamagedArchive('its directory has a size that is not a number');
  return files;
}

/** Where the directory lies by the last record of the file, and where that record is. @throws DamagedArchive when there is none */
async function findEnd(file: FileHandle, size: number) {
  const tailStart = Math.max(0, size - MAX_TAIL_BYTES - 20);
  const tail = await readAt(file, tailStart, size - tailStart);
  const at = tail.lastIndexOf(END);
  if (at < 0 || at + 22 > tail.length) throw new DamagedArchive('a zip file without its end; it is cut off');
  if (tail.readUInt16LE(at + 4) !== 0) throw new DamagedArchive('it is one volume of several; pack it as one file');
  const record = tailStart + at;
  const [entries, length, start] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  const isZip64 = start === NO_32 || length === NO_32 || entries === NO_16;
  if (!isZip64 || at < 20 || tail.readUInt32LE(at - 20) !== END_64_LOCATOR) return { record, start, length, entries };
  const position = tail.readBigUInt64LE(at - 12);
  if (position > BigInt(size)) throw new DamagedArchive('its directory lies beyond its end; it is cut off');
  const end64 = await readAt(file, Number(position), 56);
  if (end64.length < 56 || end64.readUInt32LE(0) !== END_64) throw new DamagedArchive('its directory is not whole');
  const large = (place: number) => Number(end64.readBigUInt64LE(place));
  return { record, start: large(48), length: large(40), entries: large(32) };
}

function refuseOverlaps(entries: readonly File[], size: number): void {
  const sorted = [...entries].sort((a, b) => a.offsetToLocalFileHeader - b.offsetToLocalFileHeader);
  sorted.forEach((entry, index) => {
    const end = entry.offsetToLocalFileHeader + 30 + entry.fileNameLength + entry.compressedSize;
    if (end > size) throw new DamagedArchive(`"${nameOf(entry)}" lies beyond the end of the file; it is cut off`);
    const next = sorted[index + 1];
    if (next && end > next.offsetToLocalFileHeader)
      throw new UnsafeArchive(`"${nameOf(entry)}" and "${nameOf(next)}" share the same bytes`);
  });
}

/** unzipper's own streams compare neither the entry's header nor its checksum with the directory. */
async function openEntry(file: FileHandle, entry: File): Promise<Readable> {
  const name = nameOf(entry);
  const { offsetToLocalFileHeader: offset, compressionMethod: method } = entry;
  const header = await readAt(file, offset, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== LOCAL)
    throw new DamagedArchive(`"${name}" has no header of its own`);
  const nameLength = header.readUInt16LE(26);
  const ownName = await readAt(file, offset + 30, nameLength);
  if (!ownName.equals(entry.pathBuffer) || header.readUInt16LE(8) !== method)
    throw new DamagedArchive(`"${name}" is called "${ownName.toString('latin1')}" in its own header`);
  return contentsOf(file, {
    name,
    start: offset + 30 + nameLength + header.readUInt16LE(28),
    packedBytes: entry.compressedSize,
    bytes: entry.uncompressedSize,
    isDeflated: method === DEFLATED,
    crc: entry.crc32,
  });
}
