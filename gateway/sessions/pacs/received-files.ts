import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Room, SourceFile } from '../import-image';
import { SaidError, say } from '../../sentence';

/** Files of one series: one for each slice, of each time of a 4-D one. */
const MOST_FILES = 20_000;
/** Bytes that may wait for the disk. */
const MOST_WAITING = 1 << 20;

/** The files of a series as they come in, numbered. */
export class ReceivedFiles {
  readonly list: SourceFile[] = [];
  /** Why one of them could not be kept. */
  failure: Error | undefined;
  private bytes = 0;

  /** @param series its UID @param room asked before more is written */
  constructor(
    private readonly folder: string,
    private readonly series: string,
    private readonly room: Room,
  ) {}

  /** A place for the next file; ask for its bytes with {@link take}. @throws Error when there are too many */
  next(): SourceFile {
    if (this.list.length === MOST_FILES) throw new SaidError(say`it sent more than ${MOST_FILES} files`);
    const name = `fetched-${this.list.length}.dcm`;
    const file = { path: join(this.folder, name), name, bytes: 0, fetched: this.series };
    this.list.push(file);
    return file;
  }

  /** More of the last file is about to be written. @throws SESSION_TOO_LARGE, DISK_FULL */
  async take(bytes: number): Promise<void> {
    this.list.at(-1)!.bytes += bytes;
    this.bytes += bytes;
    await this.room(this.bytes);
  }

  /** The next file as a stream, which fails as {@link next} and {@link take} do, and with what the disk says. @param start its first bytes */
  stream(start: Buffer): Writable {
    let handle: FileHandle | undefined;
    const write = async (content: Buffer) => {
      await this.take(content.length);
      await handle!.writeFile(content);
    };
    const begin = async () => {
      handle = await open(this.next().path, 'wx');
      await write(start);
    };
    const stream = new Writable({
      highWaterMark: MOST_WAITING,
      construct: (done) => void begin().then(() => done(), done),
      writev: (pieces, done) =>
        void write(Buffer.concat(pieces.map(({ chunk }) => chunk as Buffer))).then(() => done(), done),
      destroy: (error, done) => void Promise.resolve(handle?.close()).then(() => done(error), done),
    });
    return stream.on('error', (error) => (this.failure ??= error));
  }
}

const IMPLEMENTATION_UID = '2.25.176390451873462210453317744081298361042';

/**
 * What stands in a DICOM file before a data set as it comes over the network: preamble, and file meta information.
 * @see DICOM PS3.10 §7.1
 */
export function part10Start(sopClass: string, sopInstance: string, transferSyntax: string): Buffer {
  const meta = Buffer.concat([
    element(0x0001, 'OB', Buffer.from([0, 1])),
    element(0x0002, 'UI', uid(sopClass)),
    element(0x0003, 'UI', uid(sopInstance)),
    element(0x0010, 'UI', uid(transferSyntax)),
    element(0x0012, 'UI', uid(IMPLEMENTATION_UID)),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(0x0000, 'UL', length), meta]);
}

/** An element of group 2, explicit little endian. */
function element(number: number, vr: 'OB' | 'UI' | 'UL', value: Buffer): Buffer {
  const head = Buffer.alloc(vr === 'OB' ? 12 : 8);
  head.writeUInt16LE(0x0002, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  if (vr === 'OB') head.writeUInt32LE(value.length, 8);
  else head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

/** Of even length, as every value. */
function uid(text: string): Buffer {
  return Buffer.from(text.length % 2 ? `${text}\0` : text, 'latin1');
}
