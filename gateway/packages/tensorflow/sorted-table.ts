import { crc32c, maskedCrc32c } from './crc32c';
import { readVarint } from '../formats/wire-format';

/** LevelDB's table format (doc/table_format.md of LevelDB): data blocks, a block that lists them, and a footer with its place. */
const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** Compression type and masked CRC-32C behind every block. */
const TRAILER = 5;

export class TableError extends Error {
  override readonly name = 'TableError';
}

/**
 * The pairs of a sorted table, in order, each block checked by its CRC.
 * @throws TableError, WireError
 */
export function* readSortedTable(file: Buffer): Generator<[key: Buffer, value: Buffer]> {
  if (file.length < FOOTER || file.readBigUInt64LE(file.length - 8) !== MAGIC)
    throw new TableError('it does not end like an index file; it is cut off or something else');
  const footer = file.subarray(file.length - FOOTER);
  const [, index] = readHandle(footer, readHandle(footer, 0)[0]);
  for (const [, handle] of blockEntries(blockAt(file, index)))
    yield* blockEntries(blockAt(file, readHandle(handle, 0)[1]));
}

interface Handle {
  offset: number;
  size: number;
}

function readHandle(bytes: Buffer, start: number): [next: number, handle: Handle] {
  const [offset, sizeAt] = readVarint(bytes, start);
  const [size, next] = readVarint(bytes, sizeAt);
  return [next, { offset: Number(offset), size: Number(size) }];
}

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
function* blockEntries(block: Buffer): Generator<[Buffer, Buffer]> {
  if (block.length < 4) throw new TableError('it has an empty block');
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - restarts * 4;
  let key: Buffer = Buffer.alloc(0);
  for (let at = 0; at < end;) {
    const [shared, restAt] = readVarint(block, at);
    const [rest, valueLengthAt] = readVarint(block, restAt);
    const [valueLength, start] = readVarint(block, valueLengthAt);
    const valueAt = start + Number(rest);
    const next = valueAt + Number(valueLength);
    if (Number(shared) > key.length || next > end) throw new TableError(`an entry at byte ${at} of a block is damaged`);
    key = Buffer.concat([key.subarray(0, Number(shared)), block.subarray(start, valueAt)]);
    yield [key, block.subarray(valueAt, next)];
    at = next;
  }
}
