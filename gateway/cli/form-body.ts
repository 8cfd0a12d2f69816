import { randomBytes } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { UsageError } from '../flags';

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

/** A file, streamed. @throws UsageError when it is none */
export function fileContent(path: string): Content {
  const about = statSync(path, { throwIfNoEntry: false });
  if (!about?.isFile()) throw new UsageError(`${path} is ${about ? 'no file' : 'not there'}`);
  return { bytes: about.size, chunks: () => createReadStream(path, { highWaterMark: 1 << 20 }) };
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

/** A file as a part of a form. */
export function filePart(field: string, path: string): FormPart {
  return { field, fileName: basename(path), content: fileContent(path) };
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
