import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { extname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { baseName, type PartHeader } from './part-header';

/** Written with one call: the system takes longer for many small ones. */
const WRITTEN_AT_ONCE = 1 << 20;
/** Pieces of one call: a slow client's are small, and keep larger ones in memory. */
const MOST_PIECES = 64;
/** A body waits while so many of its bytes are not on the disk, or so many of its files not closed. */
const MOST_WAITING = 4 << 20;
const MOST_OPEN = 16;

/** Writes the file parts of one body into a folder while they arrive: many pieces at a time, none of them copied. */
export class PartFiles {
  private readonly files = new Map<number, { file: WriteStream; whole: Promise<void> }>();
  private readonly open = new Set<WriteStream>();
  /** The one that is being written. */
  private file: WriteStream | undefined;
  private pieces = 0;
  /** Told whenever one of the open files is closed. */
  private oneClosed: () => void = () => undefined;

  private folder: Promise<void> | undefined;

  constructor(
    private readonly directory: string,
    private readonly makeFolder: () => Promise<void>,
  ) {}

  /** The part of this index begins. */
  async begin(index: number, { fileName = '' }: PartHeader): Promise<void> {
    await (this.folder ??= this.makeFolder());
    const path = join(this.directory, `${randomUUID()}${safeSuffix(fileName)}`);
    const file = createWriteStream(path, { flags: 'wx', highWaterMark: MOST_WAITING });
    const whole = finished(file);
    // Whoever writes on hears of it as well.
    whole.catch(() => undefined);
    file.once('close', () => {
      this.open.delete(file);
      this.oneClosed();
    });
    this.files.set(index, { file, whole });
    this.open.add(file);
    this.file = file;
    while (this.open.size > MOST_OPEN) await new Promise<void>((resolve) => (this.oneClosed = resolve));
  }

  /** The next bytes of the part that began last; nobody may change them any more. @throws what the disk refuses */
  async write(bytes: Buffer): Promise<void> {
    const file = this.file!;
    if (file.errored) throw file.errored;
    if (file.writableCorked === 0) file.cork();
    const isFull = !file.write(bytes, () => file.emit('grown'));
    if (!isFull && ++this.pieces < MOST_PIECES && file.writableLength < WRITTEN_AT_ONCE) return;
    this.pieces = 0;
    file.uncork();
    if (isFull) await once(file, 'drain');
  }

  /** The part that began last is whole. */
  end(): void {
    this.file?.end();
    this.file = undefined;
  }

  /** The file of a part that has begun, when all of it is on the disk. @throws what the disk refuses */
  async whole(index: number): Promise<{ path: string; size: number }> {
    const { file, whole } = this.files.get(index)!;
    await whole;
    return { path: String(file.path), size: file.bytesWritten };
  }

  /** Tells the listener how many bytes of a part that has begun are on the disk, now and whenever there are more. @returns what ends that */
  follow(index: number, listener: (bytes: number, whole: boolean) => void): () => void {
    const { file, whole } = this.files.get(index)!;
    let told = -1;
    let hear: typeof listener | undefined = listener;
    const tell = () => {
      if (file.bytesWritten > told) hear?.((told = file.bytesWritten), false);
    };
    tell();
    file.on('grown', tell);
    const last = () => hear?.(file.bytesWritten, true);
    whole.then(last, () => undefined);
    return () => (hear = undefined);
  }

  /** The path of a part that has begun. */
  pathOf(index: number): string {
    return String(this.files.get(index)!.file.path);
  }

  /** The body ends here, and these files with it. */
  destroy(): void {
    for (const file of this.open) file.destroy();
  }
}

function safeSuffix(name: string): string {
  const base = baseName(name).toLowerCase();
  const suffix = base.endsWith('.nii.gz') ? '.nii.gz' : extname(base);
  return /^\.[a-z0-9.]{1,12}$/.test(suffix) ? suffix : '';
}
