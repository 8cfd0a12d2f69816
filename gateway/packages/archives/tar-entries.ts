import type { FileHandle } from 'node:fs/promises';
import { Readable, pipeline } from 'node:stream';
import { readAt } from '../read-at';
import { checkedContents } from './checked-contents';
import { tooMany } from './entry-paths';
import { DamagedArchive, type ArchiveLimits } from './limits';
import type { EntryKind, RawEntry } from './raw-entry';

const BLOCK = 512;
/** Extended headers hold a name or two. */
const MAX_HEADER_BYTES = 1 << 20;

const kinds: Record<string, EntryKind> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hard link',
  '2': 'symbolic link',
  '3': 'device',
  '4': 'device',
  '5': 'folder',
  '6': 'pipe',
  S: 'sparse file',
};

/** What an extended header (pax, GNU) says about the entry behind it. */
interface Extended {
  path?: string;
  size?: number;
  sparse?: boolean;
}

/** Whether a file starts like a tar: one of any age, known by the checksum of its first header. */
export const isTar = (head: Buffer): boolean =>
  head.length >= BLOCK && head.some((byte, at) => at < BLOCK && byte !== 0) && hasChecksum(head.subarray(0, BLOCK));

/**
 * The entries of a tar file (POSIX ustar and pax, GNU long names): only headers are read, contents are stepped over.
 * @throws UnsafeArchive when there are too many; DamagedArchive
 */
export async function readTarEntries(file: FileHandle, size: number, limits: ArchiveLimits): Promise<RawEntry[]> {
  const entries: RawEntry[] = [];
  let extended: Extended = {};
  let at = 0;
  for (let headers = 0; ; headers++) {
    // Extended headers count too: each costs a read.
    if (headers > limits.entries * 3) throw tooMany(headers, limits);
    const header = await readAt(file, at, BLOCK);
    if (header.length < BLOCK) throw new DamagedArchive('a tar archive without its end; it is cut off');
    if (header.every((byte) => byte === 0)) return entries;
    if (!hasChecksum(header)) throw new DamagedArchive(`its header at byte ${at} is damaged (its checksum is wrong)`);
    const type = header.toString('latin1', 156, 157);
    const bytes = extended.size ?? numberIn(header, 124, 12);
    const start = at + BLOCK;
    if (start + bytes > size) throw new DamagedArchive(`"${nameIn(header)}" lies beyond its end; it is cut off`);
    at = start + Math.ceil(bytes / BLOCK) * BLOCK;
    if ('xgLK'.includes(type)) {
      if (bytes > MAX_HEADER_BYTES) throw new DamagedArchive(`it has an extended header of ${bytes} bytes`);
      const content = await readAt(file, start, bytes);
      if (type === 'L') extended = { ...extended, path: cString(content) };
      if (type === 'x') extended = { ...extended, ...readPax(content) };
      continue;
    }
    const name = extended.path ?? nameIn(header);
    const kind = extended.sparse ? 'sparse file' : (kinds[type] ?? 'device');
    extended = {};
    entries.push({
      name,
      // Before ustar a folder was a file whose name ends in a slash.
      kind: kind === 'file' && name.endsWith('/') ? 'folder' : kind,
      bytes: kind === 'file' ? bytes : 0,
      open: async () => contents(file, name, start, bytes),
    });
    if (entries.length > limits.entries) throw tooMany(entries.length, limits);
  }
}

function contents(file: FileHandle, name: string, start: number, bytes: number): Readable {
  const checked = checkedContents(name, bytes);
  if (bytes === 0) return Readable.from([]).pipe(checked);
  return pipeline(file.createReadStream({ start, end: start + bytes - 1, autoClose: false }), checked, () => undefined);
}

/** The sum of all bytes, with the checksum itself read as blanks; old programs summed signed bytes. */
function hasChecksum(header: Buffer): boolean {
  const text = cString(header.subarray(148, 156)).trim();
  if (!/^[0-7]+$/.test(text)) return false;
  let unsigned = 0;
  let signed = 0;
  header.forEach((byte, at) => {
    const value = at >= 148 && at < 156 ? 0x20 : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  });
  const wanted = parseInt(text, 8);
  return wanted === unsigned || wanted === signed;
}

function nameIn(header: Buffer): string {
  const name = cString(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? cString(header.subarray(345, 500)) : '';
  return prefix ? `${prefix}/${name}` : name;
}

/** Octal text, or a big-endian number behind a first byte of 0x80, which GNU writes above 8 GiB. */
function numberIn(header: Buffer, start: number, length: number): number {
  const field = header.subarray(start, start + length);
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(value)) return value;
  }
  const text = cString(field).trim();
  if (!/^[0-7]*$/.test(text)) throw new DamagedArchive(`the size of "${nameIn(header)}" is not a number`);
  return text ? parseInt(text, 8) : 0;
}

/** Records `<length> <key>=<value>\n`. */
function readPax(content: Buffer): Extended {
  const found: Extended = {};
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, blank));
    if (blank < 0 || !Number.isInteger(length) || length <= blank - at || at + length > content.length)
      throw new DamagedArchive('one of its extended headers is damaged');
    const record = content.toString('utf8', blank + 1, at + length - 1);
    const [, key, value] = /^([^=]*)=(.*)$/s.exec(record) ?? [];
    if (key === 'path') found.path = value;
    if (key === 'size') {
      if (!/^\d{1,15}$/.test(value))
        throw new DamagedArchive(`the size "${value}" in an extended header is not a number`);
      found.size = Number(value);
    }
    if (key?.startsWith('GNU.sparse')) found.sparse = true;
    at += length;
  }
  return found;
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
