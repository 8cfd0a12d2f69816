import { MAX_NAME_BYTES, UnsafeArchive, type ArchiveLimits } from './limits';
import type { RawEntry } from './raw-entry';

/** Litter of file managers: nobody meant to upload it. */
const LITTER = /(^|\/)(__MACOSX(\/|$)|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/;

/**
 * Checks all entries of an archive together and gives the paths under which its files may be unpacked: relative, with `/`, without `.`
 * and `..`, no two of which are one file on a file system that ignores case.
 * @returns the files by path, in the archive's order; folders and litter are left out
 * @throws UnsafeArchive naming the entry and what is wrong with it
 */
export function checkEntries(entries: readonly RawEntry[], limits: ArchiveLimits): Map<string, RawEntry> {
  if (entries.length > limits.entries) throw tooMany(entries.length, limits);
  const files = new Map<string, RawEntry>();
  const seen = new Map<string, string>();
  const folders = new Set<string>();
  for (const entry of entries) {
    const path = checkedPath(entry.name, limits);
    if (entry.kind !== 'file' && entry.kind !== 'folder') {
      throw new UnsafeArchive(
        `"${shown(entry.name)}" is a ${entry.kind}; only files and folders are taken. Pack the file itself`,
      );
    }
    if (path === '') continue;
    const parents = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parents.length; depth++) {
      const folder = parents.slice(0, depth).join('/');
      if (files.has(folder)) throw twice(folder, 'a file and a folder');
      refuseTwin(folder, seen);
      folders.add(folder);
    }
    refuseTwin(path, seen);
    if (entry.kind === 'folder') {
      if (files.has(path)) throw twice(path, 'a file and a folder');
      folders.add(path);
      continue;
    }
    if (files.has(path)) throw twice(path, 'there more than once');
    if (folders.has(path)) throw twice(path, 'a file and a folder');
    files.set(path, entry);
  }
  for (const path of [...files.keys()]) if (LITTER.test(path)) files.delete(path);
  return files;
}

export function tooMany(count: number, { entries }: Pick<ArchiveLimits, 'entries'>): UnsafeArchive {
  return new UnsafeArchive(
    `it has ${count} entries or more, the limit is ${entries}; leave out what is not served, or the operator raises --max_archive_entries`,
  );
}

function checkedPath(name: string, { depth, nameLength }: ArchiveLimits): string {
  const refuse = (what: string) =>
    new UnsafeArchive(`the entry "${shown(name)}" ${what}. Pack the model's folder again, with plain relative names`);
  if (name.length > nameLength) throw refuse(`has a name of ${name.length} characters, the limit is ${nameLength}`);
  // U+FFFD stands where bytes were no text in the archive's own encoding.
  if (/[\p{Cc}\p{Cs}\ufffd]/u.test(name)) throw refuse('has control characters or broken text in its name');
  const path = name.replaceAll('\\', '/');
  if (/^[A-Za-z]:/.test(path)) throw refuse('starts with a drive letter');
  if (path.startsWith('/')) throw refuse('has an absolute path');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse('leads out of its folder with ".."');
  if (parts.length > depth + 1) throw refuse(`lies ${parts.length - 1} folders deep, the limit is ${depth}`);
  const long = parts.find((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
  if (long) throw refuse(`has a part of ${Buffer.byteLength(long)} bytes in its name, the limit is ${MAX_NAME_BYTES}`);
  return parts.join('/');
}

/** Two paths that differ in case only, or in the way an accent is written, are one file on other file systems: one would hide the other. */
function refuseTwin(path: string, seen: Map<string, string>): void {
  const folded = path.normalize('NFKC').toUpperCase().toLowerCase();
  const other = seen.get(folded);
  if (other !== undefined && other !== path) {
    throw new UnsafeArchive(`"${shown(other)}" and "${shown(path)}" differ only in upper and lower case; keep one`);
  }
  seen.set(folded, path);
}

const twice = (path: string, what: string) =>
  new UnsafeArchive(`"${shown(path)}" is ${what}; which one is meant? Keep one`);

/** Names go into messages and logs: without what would change a terminal, and shortened. */
function shown(name: string): string {
  const plain = name.replace(/[\p{C}]/gu, '?');
  return plain.length > 120 ? `${plain.slice(0, 117)}...` : plain;
}
