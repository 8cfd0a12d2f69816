import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Room, SourceFile } from '../import-image';

/** The files of a series as they come in, numbered. */
export class ReceivedFiles {
  readonly list: SourceFile[] = [];
  /** Why one of them could not be kept. */
  failure: Error | undefined;
  private bytes = 0;

  /** @param room asked before more is written */
  constructor(
    private readonly folder: string,
    private readonly room: Room,
  ) {}

  /** A place for the next file; ask for its bytes with {@link take}. */
  next(): SourceFile {
    const name = `fetched-${this.list.length}.dcm`;
    const file = { path: join(this.folder, name), name, bytes: 0, fetched: true };
    this.list.push(file);
    return file;
  }

  /** More of the last file is about to be written. @throws SESSION_TOO_LARGE, DISK_FULL */
  async take(bytes: number): Promise<void> {
    this.list.at(-1)!.bytes += bytes;
    this.bytes += bytes;
    await this.room(this.bytes);
  }

  /** @throws as {@link take}, and what the disk says */
  async add(content: Buffer): Promise<void> {
    try {
      const { path } = this.next();
      await this.take(content.length);
      await writeFile(path, content);
    } catch (error) {
      this.failure ??= error as Error;
      throw error;
    }
  }
}

const IMPLEMENTATION_UID = '2.25.176390451873462210453317744081298361042';

/**
 * A data set as it came over the network as a DICOM file: preamble, file meta information, and the same bytes.
 * @see DICOM PS3.10 §7.1
 */
export function part10File(sopClass: string, sopInstance: string, transferSyntax: string, dataset: Buffer): Buffer {
  const meta = Buffer.concat([
    element(0x0001, 'OB', Buffer.from([0, 1])),
    element(0x0002, 'UI', uid(sopClass)),
    element(0x0003, 'UI', uid(sopInstance)),
    element(0x0010, 'UI', uid(transferSyntax)),
    element(0x0012, 'UI', uid(IMPLEMENTATION_UID)),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(0x0000, 'UL', length), meta, dataset]);
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
