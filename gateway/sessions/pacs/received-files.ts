import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceFile } from '../import-image';

/** The files of a series as they come in, numbered, with a limit for all of them together. */
export class ReceivedFiles {
  readonly list: SourceFile[] = [];
  private bytes = 0;

  constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
  ) {}

  /** A place for the next file; tell its size with {@link count}. */
  next(): SourceFile {
    const name = `fetched-${this.list.length}.dcm`;
    const file = { path: join(this.folder, name), name, bytes: 0, fetched: true };
    this.list.push(file);
    return file;
  }

  /** @throws Error when the series is larger than allowed */
  count(file: SourceFile, bytes: number): void {
    file.bytes += bytes;
    this.bytes += bytes;
    if (this.bytes > this.maxBytes) throw new Error(`it is larger than ${Math.round(this.maxBytes / 2 ** 20)} MB`);
  }

  async add(content: Buffer): Promise<void> {
    const file = this.next();
    this.count(file, content.length);
    await writeFile(file.path, content);
  }
}
