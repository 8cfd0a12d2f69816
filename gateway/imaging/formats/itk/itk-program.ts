import { closeSync } from 'node:fs';
import { copyFile, link, mkdtemp, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Image } from 'itk-wasm' with { 'resolution-mode': 'import' };
import { known, say } from '../../../sentence';
import { unreadable } from '../../image-error';
import type { FileHead } from '../file-head';

/** The part of WebAssembly that is used; Node's types leave it to the browser's. */
interface Memory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}
declare const WebAssembly: { Memory: { prototype: Memory } };

/** A reader of @itk-wasm/image-io. */
export type Reader = `${'png' | 'jpeg' | 'tiff' | 'bmp' | 'gipl' | 'mgh' | 'minc' | 'mrc' | 'vtk'}ReadImageNode`;

const PAGE_BYTES = 65536;
/** Its memory grows by a fifth more than it asks for (Emscripten's `emscripten_resize_heap`). */
const GROWTH = 1.2;

/** Begins the names of the folders that ITK reads from. */
let folders = join(tmpdir(), 'image-');

/** @param prefix path and first letters of the folders that ITK's readers get, for this thread. @default `image-` in the system's temporary folder */
export function keepItkFilesAt(prefix: string): void {
  folders = prefix;
}

/** Settles when the last reader of this thread is done: each has the console and the limit of memory for itself. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs one of ITK's readers. It sees a private folder with this one file only: a header cannot reach any other.
 * @param format its name, for messages
 * @param bytes what it was said to take: a file whose inner structures ask for more is refused, whatever they say
 * @throws ImageError when ITK gives up, or needs more memory
 */
export async function readWithItk(reader: Reader, suffix: string, head: FileHead, format: string, bytes: number) {
  const reading = turn.then(() => readAlone(reader, suffix, head, format, bytes));
  turn = reading.catch(() => undefined);
  return reading;
}

async function readAlone(
  reader: Reader,
  suffix: string,
  { path, name }: FileHead,
  format: string,
  bytes: number,
): Promise<Image> {
  const directory = await mkdtemp(folders);
  const limit = limitMemory(GROWTH * bytes);
  const unmute = mute();
  try {
    const file = join(directory, `image${suffix}`);
    await link(resolve(path), file).catch(() => copyFile(path, file));
    const io = await import('@itk-wasm/image-io');
    const { image, cause } = await (io[reader](file) as Promise<{ image?: Image }>).then(
      (answer) => ({ ...answer, cause: undefined }),
      (thrown: unknown) => ({ image: undefined, cause: thrown }),
    );
    if (limit.wasReached())
      throw unreadable(say`"${name}" needs more memory to be read as ${known(format)} than an image of its size; send it as NIfTI`, cause); // prettier-ignore
    if (image?.data) return image;
    if (cause === undefined) throw unreadable(say`"${name}" cannot be read as ${known(format)}`);
    // An aborted WebAssembly program throws the address of a C++ exception: a number, not an Error.
    const reason = cause instanceof Error ? say` (${cause.message})` : '';
    throw unreadable(say`"${name}" is damaged or truncated: the ${known(format)} reader gave up${reason}`, cause);
  } catch (error) {
    await closeFilesIn(directory);
    throw error;
  } finally {
    unmute();
    limit.end();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Refuses growth of WebAssembly memory of this thread beyond so many bytes until it is ended, but for shared memory: that is the job's arena. */
function limitMemory(bytes: number) {
  const { prototype } = WebAssembly.Memory;
  // oxlint-disable-next-line unbound-method
  const { grow } = prototype;
  let reached = false;
  prototype.grow = function growWithin(this: Memory, pages: number) {
    const isArena = this.buffer instanceof SharedArrayBuffer;
    if (isArena || this.buffer.byteLength + pages * PAGE_BYTES <= bytes) return grow.call(this, pages);
    reached = true;
    throw new RangeError('the image was said to take less memory');
  };
  return { wasReached: () => reached, end: () => void (prototype.grow = grow) };
}

/** ITK's programs print what they find wrong, texts of the file among it, to the console: to the log, which must not name a patient. */
function mute(): () => void {
  const { log, warn, error } = console;
  const silence = () => undefined;
  Object.assign(console, { log: silence, warn: silence, error: silence });
  return () => void Object.assign(console, { log, warn, error });
}

/** A reader that gave up has left the file open (@itk-wasm/image-io 1.6.1): its program has ended, and nobody else has the folder. */
async function closeFilesIn(directory: string): Promise<void> {
  const open = '/proc/self/fd';
  const inside = `${await realpath(directory)}/`;
  for (const file of await readdir(open).catch(() => []))
    if ((await readlink(join(open, file)).catch(() => '')).startsWith(inside)) closeSync(Number(file));
}
