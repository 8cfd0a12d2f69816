import { setMaxListeners, type EventEmitter } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, stat, statfs, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { fail, GatewayError, messageOf } from '../../errors';
import { decodeText, TextError } from '../../text';
import { checkEntries } from './entry-paths';
import { checkSizes, DamagedArchive, UnsafeArchive, type ArchiveLimits } from './limits';
import type { RawEntry } from './raw-entry';
import { readTarEntries } from './tar';
import { readZipEntries } from './zip';

/** A zip or tar file whose headers were all checked. Nothing of it is unpacked before someone asks for it. */
export interface Archive {
  /** Paths of its files, with `/`, in the archive's order. */
  readonly paths: readonly string[];
  /** Unpacked size of a file. */
  bytesOf(path: string): number;
  /** A small file as text. @throws BAD_MODEL_FILE when it is larger than `maxBytes`, damaged or no text */
  readText(path: string, maxBytes: number): Promise<string>;
  /**
   * Unpacks files.
   * @param targets where each goes, by its path in the archive; nothing may be there
   * @throws BAD_MODEL_FILE when one is damaged, DISK_FULL
   */
  extract(targets: ReadonlyMap<string, string>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens an archive and checks every entry: names, kinds, sizes, and that no two are one file.
 * @param upload the file, and what its author called it
 * @throws UNSAFE_ARCHIVE, BAD_MODEL_FILE when it is not whole
 */
export async function openArchive(
  upload: { path: string; name: string },
  kind: 'zip' | 'tar',
  limits: ArchiveLimits,
): Promise<Archive> {
  const file = await open(upload.path, 'r');
  // The stream of each file in it listens until the archive is closed.
  setMaxListeners(0, file as unknown as EventEmitter);
  try {
    const { size } = await file.stat();
    const entries = await (kind === 'tar' ? readTarEntries : readZipEntries)(file, size, limits);
    const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    checkSizes(total, size, limits);
    return archiveOf(file, upload.name, checkEntries(entries, limits));
  } catch (error) {
    await file.close();
    throw archiveError(error, upload.name);
  }
}

function archiveOf(file: FileHandle, name: string, files: ReadonlyMap<string, RawEntry>): Archive {
  const entry = (path: string) => {
    const found = files.get(path);
    if (!found) throw new Error(`${name} has no ${path}`);
    return found;
  };
  return {
    paths: [...files.keys()],
    bytesOf: (path) => entry(path).bytes,
    async readText(path, maxBytes) {
      const { bytes } = entry(path);
      if (bytes > maxBytes)
        throw fail('BAD_MODEL_FILE', { file: name, what: `its ${path} has ${bytes} bytes, the limit is ${maxBytes}` });
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of await entry(path).open()) chunks.push(chunk as Buffer);
        return decodeText(Buffer.concat(chunks));
      } catch (error) {
        if (error instanceof TextError)
          throw fail('BAD_MODEL_FILE', { file: name, what: `its ${path}: ${error.message}` }, { cause: error });
        throw archiveError(error, name);
      }
    },
    async extract(targets) {
      const wanted = [...targets].map(([path, target]) => ({ entry: entry(path), target }));
      try {
        await refuseWhenFull(wanted);
        for (const { entry, target } of wanted) {
          await mkdir(dirname(target), { recursive: true });
          await pipeline(await entry.open(), createWriteStream(target, { flags: 'wx' }));
        }
      } catch (error) {
        throw archiveError(error, name);
      }
    },
    close: () => file.close(),
  };
}

/** Better now than in the middle. */
async function refuseWhenFull(wanted: readonly { entry: RawEntry; target: string }[]): Promise<void> {
  if (wanted.length === 0) return;
  await mkdir(dirname(wanted[0].target), { recursive: true });
  const bytes = wanted.reduce((sum, { entry }) => sum + entry.bytes, 0);
  const { bavail, bsize } = await statfs(dirname(wanted[0].target));
  if (bytes > bavail * bsize) throw fail('DISK_FULL', { what: `the ${bytes} bytes that the archive unpacks to` });
}

/** The failure of an archive as an error of the catalogue; damage shows in zlib's and the readers' own errors. */
export function archiveError(error: unknown, file: string): unknown {
  if (error instanceof GatewayError) return error;
  if (error instanceof UnsafeArchive) return fail('UNSAFE_ARCHIVE', { file, what: error.message }, { cause: error });
  if (error instanceof DamagedArchive) return fail('BAD_MODEL_FILE', { file, what: error.message }, { cause: error });
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith('Z_'))
    return fail('BAD_MODEL_FILE', { file, what: `it is damaged (${(error as Error).message})` }, { cause: error });
  return error;
}

/**
 * Unpacks a gzip file to `target`, up to the limits.
 * @throws UnsafeArchive beyond them, DamagedArchive when it is not whole, and what the disk says
 */
export async function gunzip(path: string, target: string, limits: ArchiveLimits): Promise<void> {
  const { size } = await stat(path);
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      try {
        checkSizes(bytes, size, limits);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), counted, createWriteStream(target, { flags: 'wx' }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_'))
      throw new DamagedArchive(`it cannot be decompressed (${messageOf(error)}); it is damaged or cut off`, {
        cause: error,
      });
    throw error;
  }
}
