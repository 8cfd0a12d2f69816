import { readFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { integerField, readFields, subMessage, subMessages } from '../formats/wire-format';
import { crc32c, maskedCrc32c } from './crc32c';
import { elementBytes } from './data-types';
import { readSortedTable } from './sorted-table';

/** One tensor of a checkpoint (`BundleEntryProto`, tensorflow/core/protobuf/tensor_bundle.proto). */
export interface BundleEntry {
  name: string;
  /** Number of types.proto. */
  dtype: number;
  /** The TensorShapeProto, as bytes. */
  shape: Uint8Array;
  elements: number;
  shard: number;
  offset: number;
  size: number;
  /** Masked CRC-32C of its bytes. */
  crc: number;
  /** A variable that was saved in pieces (`tf.fixed_size_partitioner`). */
  sliced: boolean;
}

const HEADER = { shards: 1, endianness: 2 };
const ENTRY = { dtype: 1, shape: 2, shard: 3, offset: 4, size: 5, crc: 6, slices: 7 };

/** The tensors of a checkpoint in TensorFlow's second format: `<prefix>.index` and `<prefix>.data-00000-of-00001`. */
export class TensorBundle {
  private constructor(
    private readonly shards: readonly string[],
    readonly entries: ReadonlyMap<string, BundleEntry>,
  ) {}

  /**
   * @param index path of the index file
   * @param shards path of each data file by its number
   * @throws Error saying which file is missing or damaged
   */
  static async open(index: string, shards: ReadonlyMap<number, string>): Promise<TensorBundle> {
    const entries = new Map<string, BundleEntry>();
    let count = 0;
    for (const [key, value] of readSortedTable(await readFile(index))) {
      if (key.length === 0) {
        count = integerField(value, HEADER.shards) ?? 1;
        if (integerField(value, HEADER.endianness)) throw new Error('it was written on a big-endian machine');
      } else if (key[0] !== 0) {
        // Pieces of sliced variables have keys that start with a zero byte.
        const entry = readEntry(key.toString('utf8'), value);
        entries.set(entry.name, entry);
      }
    }
    if (count === 0) throw new Error('its index has no header');
    const missing = Array.from({ length: count }, (_, shard) => shard).filter((shard) => !shards.has(shard));
    if (missing.length > 0) {
      const names = missing.slice(0, 3).map((shard) => `.data-${fiveDigits(shard)}-of-${fiveDigits(count)}`);
      throw new Error(`its data file${names.length > 1 ? 's are' : ' is'} missing: ${names.join(', ')}`);
    }
    return new TensorBundle(
      Array.from({ length: count }, (_, shard) => shards.get(shard)!),
      entries,
    );
  }

  /**
   * The bytes of a tensor, in pieces.
   * @throws Error when they are not all there or their checksum is wrong: after the last piece
   */
  async *read({ name, shard, offset, size, crc }: BundleEntry): AsyncGenerator<Buffer> {
    if (size === 0) return;
    let sum = 0;
    let seen = 0;
    const options = { start: offset, end: offset + size - 1, highWaterMark: 1 << 20 };
    for await (const chunk of createReadStream(this.shards[shard], options)) {
      sum = crc32c(chunk as Buffer, sum);
      seen += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    if (seen < size) throw new Error(`the data of "${name}" is cut off: ${seen} of ${size} bytes are there`);
    if (maskedCrc32c(sum) !== crc) throw new Error(`the data of "${name}" is damaged (its checksum is wrong)`);
  }
}

function readEntry(name: string, value: Uint8Array): BundleEntry {
  const shape = subMessage(value, ENTRY.shape) ?? new Uint8Array();
  const elements = [...subMessages(shape, 2)].reduce((product, axis) => product * (integerField(axis, 1) ?? 0), 1);
  const number = (field: number) => integerField(value, field) ?? 0;
  const entry = {
    name,
    shape,
    elements,
    dtype: number(ENTRY.dtype),
    shard: number(ENTRY.shard),
    offset: number(ENTRY.offset),
    size: number(ENTRY.size),
    crc: fixed32(value, ENTRY.crc),
    sliced: subMessage(value, ENTRY.slices) !== undefined,
  };
  if (entry.offset < 0 || entry.size < 0 || entry.shard < 0 || !Number.isSafeInteger(entry.offset + entry.size))
    throw new Error(`its index gives "${name}" an impossible place`);
  const width = elementBytes(entry.dtype);
  if (width && !entry.sliced && entry.size !== elements * width)
    throw new Error(`its index gives "${name}" ${entry.size} bytes for ${elements} elements of ${width} bytes`);
  return entry;
}

function fixed32(message: Uint8Array, number: number): number {
  for (const field of readFields(message)) {
    if (field.number === number && field.wire === 'fixed' && field.value.length === 4)
      return Buffer.from(field.value).readUInt32LE(0);
  }
  return 0;
}

const fiveDigits = (number: number) => String(number).padStart(5, '0');
