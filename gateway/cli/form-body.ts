import { randomBytes } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createPack, type Pack } from 'tar-stream';
import { UsageError } from '../flags';
import { CliFailure } from './failure';

/** Bytes that are read when they are sent. */
export interface Content {
  bytes: number;
  chunks(): AsyncIterable<Uint8Array>;
}

export interface FormPart {
  field: string;
  fileName?: string;
  content: Content;
}

/** A file as a part of a form, streamed. @throws UsageError when it is none */
export function filePart(field: string, path: string): FormPart {
  const about = statSync(path, { throwIfNoEntry: false });
  if (!about?.isFile()) throw new UsageError(`${path} is ${about ? 'no file' : 'not there'}`);
  const content = { bytes: about.size, chunks: () => createReadStream(path, { highWaterMark: 1 << 20 }) };
  return { field, fileName: basename(path), content };
}

export function textContent(text: string): Content {
  const bytes = Buffer.from(text);
  return {
    bytes: bytes.length,
    async *chunks() {
      yield bytes;
    },
  };
}

/** multipart/form-data (RFC 7578) with its length known and nothing of the files in memory. */
export function formBody(parts: readonly FormPart[]): Content & { contentType: string } {
  const boundary = randomBytes(16).toString('hex');
  const heads = parts.map(({ field, fileName }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName.replace(/["\r\n\\]/g, '_')}"`;
    const type = fileName === undefined ? '' : 'Content-Type: application/octet-stream\r\n';
    return Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${field}"${file}\r\n${type}\r\n`);
  });
  const end = Buffer.from('\r\n');
  const tail = Buffer.from(`--${boundary}--\r\n`);
  const bytes = parts.reduce((sum, { content }, at) => sum + heads[at].length + content.bytes + end.length, 0);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: bytes + tail.length,
    async *chunks() {
      for (const [at, { content }] of parts.entries()) {
        yield heads[at];
        yield* content.chunks();
        yield end;
      }
      yield tail;
    },
  };
}

const BLOCK = 512;

interface Entry {
  path: string;
  name: string;
  size: number;
}

/**
 * The files of a folder as an uncompressed tar archive (POSIX.1-2001), read while it is sent.
 * @throws UsageError when it is not a folder or has no file
 */
export async function folderAsTar(folder: string): Promise<Content> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${folder} is not a folder`);
  const entries = filesBelow(folder).map((path) => {
    const name = relative(folder, path).split(sep).join('/');
    return { path, name, size: statSync(path).size };
  });
  if (entries.length === 0) throw new UsageError(`${folder} has no files`);
  // The heads, packed once with nothing between them, say how long the archive will be.
  const heads = createPack();
  for (const { name } of entries) heads.entry({ name }, '');
  heads.finalize();
  let bytes = entries.reduce((sum, { size }) => sum + Math.ceil(size / BLOCK) * BLOCK, 0);
  for await (const chunk of heads as AsyncIterable<Buffer>) bytes += chunk.length;
  return {
    bytes,
    async *chunks() {
      const archive = createPack();
      const packing = packFiles(archive, entries);
      // Nobody waits for it when the server answers early.
      packing.catch(() => undefined);
      try {
        yield* archive as AsyncIterable<Buffer>;
      } catch (error) {
        await packing;
        throw error;
      }
    },
  };
}

async function packFiles(archive: Pack, entries: readonly Entry[]): Promise<void> {
  for (const { path, name, size } of entries) {
    if (size === 0) archive.entry({ name }, '');
    else
      await pipeline(createReadStream(path, { end: size - 1 }), archive.entry({ name, size })).catch(() => {
        throw new CliFailure(`${path} changed while it was sent`);
      });
  }
  archive.finalize();
}

/** Files only; a link is followed as the file it names, hidden files of version control and notebooks stay out. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !/^(\.git|\.ipynb_checkpoints|__pycache__)$/.test(name))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      const about = statSync(path, { throwIfNoEntry: false });
      if (about?.isDirectory()) return filesBelow(path);
      return about?.isFile() ? [path] : [];
    });
}
