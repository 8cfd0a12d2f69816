import { Reader } from 'protobufjs';

/** LevelDB's table format (doc/table_format.md of LevelDB): data blocks, a block that lists them, and a footer with its place. */
const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** Compression type and masked CRC-32C after every block. */
const TRAILER = 5;

/**
 * Keys are written without the beginning that they share with the one before, so that few bytes can stand for many: all of them together, and one.
 * Names of variables have some dozen letters.
 */
const MAX_KEY_BYTES = { each: 16 * 2 ** 10, together: 64 * 2 ** 20 };

export class TableError extends Error {
  override readonly name = 'TableError';
}

/**
 * The pairs of a sorted table, in order, each block checked by its CRC.
 * @throws TableError, RangeError when a number is cut off
 */
export function* readSortedTable(file: Buffer): Generator<[key: Buffer, value: Buffer]> {
  if (file.length < FOOTER || file.readBigUInt64LE(file.length - 8) !== MAGIC)
    throw new TableError('it does not end like an index file; it is cut off or something else');
  const places = Reader.create(file.subarray(file.length - FOOTER));
  readHandle(places);
  const keys = { bytes: 0 };
  for (const [, handle] of blockEntries(blockAt(file, readHandle(places)), keys))
    yield* blockEntries(blockAt(file, readHandle(Reader.create(handle))), keys);
}

interface Handle {
  offset: number;
  size: number;
}

const readHandle = (reader: Reader): Handle => ({ offset: Number(reader.uint64()), size: Number(reader.uint64()) });

function blockAt(file: Buffer, { offset, size }: Handle): Buffer {
  const end = offset + size;
  if (end + TRAILER > file.length - FOOTER)
    throw new TableError(`it has a block of ${size} bytes at ${offset}, beyond its end`);
  const wanted = file.readUInt32LE(end + 1);
  if (maskedCrc32c(crc32c(file.subarray(offset, end + 1))) !== wanted)
    throw new TableError(`the block at byte ${offset} is damaged (its checksum is wrong)`);
  if (file[end] !== 0)
    throw new TableError(`the block at byte ${offset} is compressed (type ${file[end]}); TensorFlow writes none`);
  return file.subarray(offset, end);
}

/** Entries share the start of their key with the one before: shared length, rest's length, value's length, rest, value. */
function* blockEntries(block: Buffer, keys: { bytes: number }): Generator<[Buffer, Buffer]> {
  if (block.length < 4) throw new TableError('it has an empty block');
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - restarts * 4;
  let key: Buffer = Buffer.alloc(0);
  const reader = Reader.create(block);
  while (reader.pos < end) {
    const at = reader.pos;
    const [shared, rest, valueLength] = [reader.uint32(), reader.uint32(), reader.uint32()];
    const valueAt = reader.pos + rest;
    const next = valueAt + valueLength;
    if (shared > key.length || next > end) throw new TableError(`an entry at byte ${at} of a block is damaged`);
    keys.bytes += shared + rest;
    if (shared + rest > MAX_KEY_BYTES.each || keys.bytes > MAX_KEY_BYTES.together)
      throw new TableError(
        `its keys have more bytes than ${MAX_KEY_BYTES.together}, or one more than ${MAX_KEY_BYTES.each}`,
      );
    key = Buffer.concat([key.subarray(0, shared), block.subarray(reader.pos, valueAt)]);
    yield [key, block.subarray(valueAt, next)];
    reader.pos = next;
  }
}

/** Table-driven CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 B.4), four bytes at a time. */
const tables: Uint32Array[] = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)];
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  tables[0][byte] = crc >>> 0;
}
for (let byte = 0; byte < 256; byte++) {
  for (let table = 1; table < 4; table++) {
    const before = tables[table - 1][byte];
    tables[table][byte] = (tables[0][before & 0xff] ^ (before >>> 8)) >>> 0;
  }
}

/** @param previous the value of the bytes before these @returns an unsigned 32-bit number */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  const [t0, t1, t2, t3] = tables;
  let crc = ~previous;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    crc ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    crc = t3[crc & 0xff] ^ t2[(crc >>> 8) & 0xff] ^ t1[(crc >>> 16) & 0xff] ^ t0[crc >>> 24];
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** As LevelDB and TensorFlow store it: turned and shifted, so that the CRC of data with CRCs in it is not special. */
export function maskedCrc32c(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
