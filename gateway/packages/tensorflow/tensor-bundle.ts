import { readFile, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { decodeTensorFlow, elementBytes, type Shape } from './graph';
import { crc32c, maskedCrc32c, readSortedTable } from './sorted-table';

/** Hundreds of thousands of variables: an entry has a hundred bytes or two. */
const MAX_INDEX_BYTES = 64 * 2 ** 20;
/** Data files that are named when they are missing. */
const NAMED = 3;

/** One tensor of a checkpoint: a BundleEntryProto of protos/tensorflow.proto. */
export interface BundleEntry {
  name: string;
  /** Number of types.proto. */
  dtype: number;
  shape: Shape | null;
  shard_id: number;
  offset: number;
  size: number;
  /** Masked CRC-32C of its bytes. */
  crc32c: number;
  /** Of a variable that was saved in pieces (`tf.fixed_size_partitioner`). */
  slices: Uint8Array[];
}

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
    const { size } = await stat(index);
    if (size > MAX_INDEX_BYTES) throw new Error(`its index has ${size} bytes, the limit is ${MAX_INDEX_BYTES}`);
    let count = 0;
    for (const [key, value] of readSortedTable(await readFile(index))) {
      if (key.length === 0) {
        const header = decodeTensorFlow<{ num_shards: number; endianness: number }>('BundleHeaderProto', value);
        if (header.endianness) throw new Error('it was written on a big-endian machine');
        count = header.num_shards;
      } else if (key[0] !== 0) {
        // Pieces of sliced variables have keys that start with a zero byte.
        const entry = readEntry(key.toString('utf8'), value);
        entries.set(entry.name, entry);
      }
    }
    if (count === 0) throw new Error('its index has no header');
    const missing: number[] = [];
    // The header may claim any number.
    for (let shard = 0; shard < count && missing.length < NAMED; shard++) if (!shards.has(shard)) missing.push(shard);
    if (missing.length > 0) {
      const names = missing.map((shard) => `.data-${fiveDigits(shard)}-of-${fiveDigits(count)}`);
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
  async *read({ name, shard_id, offset, size, crc32c: crc }: BundleEntry): AsyncGenerator<Buffer> {
    if (size === 0) return;
    let sum = 0;
    let seen = 0;
    const options = { start: offset, end: offset + size - 1, highWaterMark: 1 << 20 };
    for await (const chunk of createReadStream(this.shards[shard_id], options)) {
      sum = crc32c(chunk as Buffer, sum);
      seen += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    if (seen < size) throw new Error(`the data of "${name}" is cut off: ${seen} of ${size} bytes are there`);
    if (maskedCrc32c(sum) !== crc) throw new Error(`the data of "${name}" is damaged (its checksum is wrong)`);
  }
}

function readEntry(name: string, value: Uint8Array): BundleEntry {
  const entry = { ...decodeTensorFlow<BundleEntry>('BundleEntryProto', value), name };
  const { dtype, shape, shard_id, offset, size, slices } = entry;
  if (offset < 0 || size < 0 || shard_id < 0 || !Number.isSafeInteger(offset + size))
    throw new Error(`its index gives "${name}" an impossible place`);
  const width = elementBytes(dtype);
  const elements = (shape?.dim ?? []).reduce((product, axis) => product * axis.size, 1);
  if (width && slices.length === 0 && size !== elements * width)
    throw new Error(`its index gives "${name}" ${size} bytes for ${elements} elements of ${width} bytes`);
  return entry;
}

const fiveDigits = (number: number) => String(number).padStart(5, '0');
