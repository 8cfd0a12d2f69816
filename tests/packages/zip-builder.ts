import { crc32, deflateRawSync } from 'node:zlib';

/** An entry, and what its headers claim where that is not the truth. */
export interface ZipPart {
  name: string | Buffer;
  content?: Uint8Array | string;
  /** 0 stored, 8 deflated. @default 8 */
  method?: number;
  flags?: number;
  /** Unix mode with its file type, such as 0o120777 for a link. */
  mode?: number;
  claims?: { bytes?: number; packedBytes?: number; crc?: number; localName?: string; offset?: number };
}

/** A zip archive of the given files, deflated. */
export const zipOf = (files: Record<string, string | Uint8Array>): Buffer =>
  zipOfParts(Object.entries(files).map(([name, content]) => ({ name, content })));

/** A zip archive, byte by byte as its parts say. */
export function zipOfParts(parts: readonly ZipPart[], claims: { entries?: number } = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content = '', method = 8, flags = 0, mode, claims: wrong = {} } of parts) {
    const data = Buffer.from(content as Uint8Array);
    const packed = method === 0 ? data : deflateRawSync(data);
    const header = (entryName: Buffer) => {
      const entry = Buffer.alloc(26);
      entry.writeUInt16LE(20, 0);
      entry.writeUInt16LE(flags, 2);
      entry.writeUInt16LE(method, 4);
      entry.writeUInt32LE(wrong.crc ?? crc32(data), 10);
      entry.writeUInt32LE(wrong.packedBytes ?? packed.length, 14);
      entry.writeUInt32LE(wrong.bytes ?? data.length, 18);
      entry.writeUInt16LE(entryName.length, 22);
      return entry;
    };
    const nameBytes = Buffer.from(name as Buffer);
    const localName = Buffer.from(wrong.localName ?? nameBytes);
    const head = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header(localName), localName, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((mode ?? 0) << 16) >>> 0, 6);
    tail.writeUInt32LE(wrong.offset ?? offset, 10);
    const madeBy = Buffer.from([0x50, 0x4b, 1, 2, 20, mode === undefined ? 0 : 3]);
    central.push(Buffer.concat([madeBy, header(nameBytes), tail, nameBytes]));
    local.push(head);
    offset += head.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE((claims.entries ?? central.length) & 0xffff, 8);
  end.writeUInt16LE((claims.entries ?? central.length) & 0xffff, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}
