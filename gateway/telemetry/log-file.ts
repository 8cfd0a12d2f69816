import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { whyDisk } from '../disk-errors';
import { messageOf } from '../errors';
import { LOG_FILE, olderFile } from './log-files';

export interface LogFileOptions {
  directory: string;
  /** A file that is larger is put away. */
  fileBytes: number;
  /** Files that are kept, including the current file. */
  files: number;
  /** Lines are lost from now on. */
  onLost(reason: string): void;
}

/** Lines that wait for a disk that takes long; more are lost rather than kept in memory. */
const MOST_WAITING_BYTES = 16 << 20;

/**
 * Writes lines to a file, a new one where it is full. What the disk refuses is lost, and a line says how much as soon as the disk takes lines again: the
 * transport for files of winston 3.19 stops for good at the first error, and has all later lines wait for it in memory.
 */
export class LogFile extends Writable {
  private file: FileHandle | undefined;
  private bytes = 0;
  private lost = 0;

  constructor(private readonly options: LogFileOptions) {
    super();
  }

  override write(line: string): boolean {
    if (this.writableLength < MOST_WAITING_BYTES) return super.write(line);
    this.lose(1, 'the disk takes too long');
    return true;
  }

  override _writev(lines: { chunk: Buffer }[], done: () => void): void {
    void this.append(lines.map(({ chunk }) => chunk)).then(() => done());
  }

  override _final(done: () => void): void {
    void this.close().then(done);
  }

  /** Never rejects. */
  private async append(lines: readonly Buffer[]): Promise<void> {
    for (let at = 0; at < lines.length;) {
      let [end, bytes] = [at, 0];
      do bytes += lines[end++].length;
      while (end < lines.length && this.bytes + bytes < this.options.fileBytes);
      await this.put(lines.slice(at, end));
      at = end;
    }
  }

  private async put(lines: readonly Buffer[]): Promise<void> {
    try {
      this.file ??= await this.open();
      const text = Buffer.concat(this.lost > 0 ? [this.lostLine(), ...lines] : lines);
      await this.file.appendFile(text);
      this.bytes += text.length;
      this.lost = 0;
    } catch (error) {
      this.lose(lines.length, whyDisk(error) ?? messageOf(error));
      return this.close();
    }
    // Where that fails the file grows, and the next lines try again.
    if (this.bytes >= this.options.fileBytes) await this.putAway().catch(() => undefined);
  }

  private lose(lines: number, reason: string): void {
    const isFirst = this.lost === 0;
    this.lost += lines;
    if (isFirst) this.options.onLost(reason);
  }

  /** After a line that may be cut off. */
  private lostLine(): Buffer {
    const line = { level: 'error', message: 'lines of the log were lost', lines: this.lost, timestamp: new Date() };
    return Buffer.from(`\n${JSON.stringify(line)}\n`);
  }

  private async open(): Promise<FileHandle> {
    const { directory } = this.options;
    await mkdir(directory, { recursive: true });
    const file = await open(join(directory, LOG_FILE), 'a');
    try {
      this.bytes = (await file.stat()).size;
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close().catch(() => undefined);
  }

  /** The numbers of the older files grow by one; the oldest goes. */
  private async putAway(): Promise<void> {
    const { directory, files } = this.options;
    await this.close();
    await rm(join(directory, olderFile(files - 1)), { force: true });
    for (let age = files - 1; age > 0; age--)
      await rename(join(directory, olderFile(age - 1)), join(directory, olderFile(age))).catch(ignoreMissing);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
