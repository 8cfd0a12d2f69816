import type { FileHandle } from 'node:fs/promises';
import { readAt } from '../read-at';
import { DamagedArchive } from './limits';

/** Signatures and places of APPNOTE.TXT 4.3.12 to 4.3.16. */
const END = 0x06054b50;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const ENTRY = 0x02014b50;

/** 20 000 entries with names of 512 characters need about 12 MB. */
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20;
const NO_32 = 0xffffffff;
const NO_16 = 0xffff;

/** An entry of a zip file's central directory, as written there. */
export interface ZipEntry {
  name: string;
  nameBytes: Buffer;
  flags: number;
  method: number;
  crc: number;
  packedBytes: number;
  bytes: number;
  /** Where its local header starts. */
  offset: number;
  /** `S_IFMT` bits of a Unix mode, 0 where the archive has none. */
  fileType: number;
  /** By its name or its DOS attributes. */
  isFolder: boolean;
}

interface End {
  start: number;
  length: number;
  entries: number;
}

/**
 * The central directory of a zip file, with zip64 (which PyTorch writes).
 * @param maxEntries one more is read than this, so that the caller sees that there are too many
 * @throws DamagedArchive when there is none, for example because the file is cut off, or when it is not whole
 */
export async function readZipDirectory(file: FileHandle, size: number, maxEntries: number): Promise<ZipEntry[]> {
  const end = await findEnd(file, size);
  if (end.length > MAX_DIRECTORY_BYTES)
    throw new DamagedArchive(`its directory has ${end.length} bytes; no model needs that many files`);
  if (end.start + end.length > size) throw new DamagedArchive('its directory lies beyond its end; it is cut off');
  const bytes = await readAt(file, end.start, end.length);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length <= maxEntries && at + 46 <= bytes.length && bytes.readUInt32LE(at) === ENTRY) {
    const length = 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (at + length > bytes.length) throw new DamagedArchive('its directory is cut off');
    entries.push(readEntry(bytes.subarray(at, at + length)));
    at += length;
  }
  if (entries.length <= maxEntries && entries.length !== end.entries)
    throw new DamagedArchive(`its directory announces ${end.entries} entries and holds ${entries.length}`);
  return entries;
}

function readEntry(header: Buffer): ZipEntry {
  const nameEnd = 46 + header.readUInt16LE(28);
  const extra = header.subarray(nameEnd, nameEnd + header.readUInt16LE(30));
  const nameBytes = header.subarray(46, nameEnd);
  const flags = header.readUInt16LE(8);
  const attributes = header.readUInt32LE(38);
  const system = header[5];
  const name = nameText(nameBytes, flags);
  const sizes = [header.readUInt32LE(24), header.readUInt32LE(20), header.readUInt32LE(42)];
  const [bytes, packedBytes, offset] = withZip64(sizes, extra);
  return {
    name,
    nameBytes,
    flags,
    method: header.readUInt16LE(10),
    crc: header.readUInt32LE(16),
    packedBytes,
    bytes,
    offset,
    // Systems 3 and 19 are Unix and macOS.
    fileType: system === 3 || system === 19 ? (attributes >>> 16) & 0o170000 : 0,
    isFolder: /[/\\]$/.test(name) || (attributes & 0x10) !== 0,
  };
}

/** Sizes and offset that do not fit 32 bits stand in the extra field 1, in this order, only those that are missing. */
function withZip64(values: number[], extra: Buffer): number[] {
  let field: Buffer | undefined;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  return values.map((value) => {
    if (value !== NO_32 || !field || at + 8 > field.length) return value;
    const large = field.readBigUInt64LE(at);
    at += 8;
    if (large > BigInt(Number.MAX_SAFE_INTEGER)) throw new DamagedArchive(`its directory has a size of ${large} bytes`);
    return Number(large);
  });
}

/** UTF-8 where the entry says so or its bytes are that; else an old code page, of which only the ASCII part is sure. */
function nameText(bytes: Buffer, flags: number): string {
  const text = bytes.toString('utf8');
  return (flags & 0x800) !== 0 || !text.includes('\ufffd') ? text : bytes.toString('latin1');
}

async function findEnd(file: FileHandle, size: number): Promise<End> {
  const tailStart = Math.max(0, size - 66_000);
  const tail = await readAt(file, tailStart, size - tailStart);
  const wanted = Buffer.alloc(4);
  wanted.writeUInt32LE(END);
  const at = tail.lastIndexOf(wanted);
  if (at < 0 || at + 22 > tail.length) throw new DamagedArchive('a zip file without its end; it is cut off');
  const end = {
    start: tail.readUInt32LE(at + 16),
    length: tail.readUInt32LE(at + 12),
    entries: tail.readUInt16LE(at + 10),
  };
  if (tail.readUInt16LE(at + 4) !== 0) throw new DamagedArchive('it is one volume of several; pack it as one file');
  if (end.start !== NO_32 && end.length !== NO_32 && end.entries !== NO_16) return end;
  if (at < 20 || tail.readUInt32LE(at - 20) !== END_64_LOCATOR) return end;
  const position = tail.readBigUInt64LE(at - 12);
  if (position > BigInt(size)) throw new DamagedArchive('its directory lies beyond its end; it is cut off');
  const end64 = await readAt(file, Number(position), 56);
  if (end64.length < 56 || end64.readUInt32LE(0) !== END_64) throw new DamagedArchive('its directory is not whole');
  const [entries, length, start] = [32, 40, 48].map((place) => Number(end64.readBigUInt64LE(place)));
  return { start, length, entries };
}
