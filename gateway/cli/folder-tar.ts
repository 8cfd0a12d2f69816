import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { CliFailure, usageFailure } from './failure';
import type { Content } from './form-body';

const BLOCK = 512;
/** Most bytes a size field holds: eleven octal digits. */
const LARGEST_FILE = 8 ** 11 - 1;

/**
 * The files of a folder as an uncompressed tar archive (POSIX.1-1988 ustar), read while it is sent.
 * @throws CliFailure when it is no folder, has no file, or a path is longer than ustar holds
 */
export function folderAsTar(folder: string): Content {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw usageFailure(`${folder} is no folder`);
  const files = filesBelow(folder).map((path) => ({ path, size: statSync(path).size }));
  if (files.length === 0) throw usageFailure(`${folder} has no files`);
  const entries = files.map(({ path, size }) => ({ path, size, head: tarHead(nameIn(folder, path), size) }));
  const end = Buffer.alloc(2 * BLOCK);
  const bytes = entries.reduce((sum, { size }) => sum + BLOCK + Math.ceil(size / BLOCK) * BLOCK, end.length);
  return {
    bytes,
    async *chunks() {
      for (const { path, size, head } of entries) {
        yield head;
        let sent = 0;
        if (size > 0)
          for await (const chunk of createReadStream(path, { end: size - 1 }) as AsyncIterable<Buffer>) {
            sent += chunk.length;
            yield chunk;
          }
        if (sent !== size) throw new CliFailure(`${path} changed while it was sent`);
        yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
      }
      yield end;
    },
  };
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

const nameIn = (folder: string, path: string) => relative(folder, path).split(sep).join('/');

function tarHead(name: string, size: number): Buffer {
  const head = Buffer.alloc(BLOCK);
  const [prefix, rest] = splitName(name);
  if (size > LARGEST_FILE)
    throw new CliFailure(`${name} has ${size} bytes, the archive holds files below 8 GiB: zip the folder yourself`);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  head.write(rest, 0);
  head.write(octal(0o644, 7), 100);
  head.write(octal(0, 7), 108);
  head.write(octal(0, 7), 116);
  head.write(octal(size, 11), 124);
  head.write(octal(0, 11), 136);
  head.write('        0', 148);
  head.write('ustar\x0000', 257, 'latin1');
  head.write(prefix, 345);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

/** ustar has 155 bytes for the folders and 100 for the rest. */
function splitName(name: string): [prefix: string, rest: string] {
  if (Buffer.byteLength(name) <= 100) return ['', name];
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100) return [prefix, rest];
  }
  throw new CliFailure(`the path ${name} is too long for a tar archive: zip the folder yourself and use "zip FILE"`);
}
