import { open, type FileHandle } from 'node:fs/promises';
import { allocateUnset } from '../../../arena';
import { decodeHalf } from '../../../half';
import { known, say } from '../../../sentence';
import { tooLarge, unreadable, unsupported } from '../../image-error';
import { sizeOf, type NumericArray } from '../../volume';
import { bytesOf, valuesIn, valueTypes, type ValueType } from '../value-types';
import { chunkSize, packChunk, unpackChunk } from './blosc2';

const MAGIC = 'NNIA';
const VERSION = 1;
/** Of the writer, before the chunks say it again: zstd and lz4. */
const CODECS = [1, 2];
const LZ4 = 2;
const NAME = known('the packed array');
const MOST_AXES = 8;
/** What one typed array can carry everywhere. */
export const MOST_BYTES = 2 ** 32 - 1;
const MOST_CHUNK_BYTES = 2 ** 30;

export interface PackedHead {
  /** As they are stored: bool is uint8, float16 (`isHalf`) uint16. */
  type: ValueType;
  isHalf: boolean;
  /** Slowest axis first. */
  shape: number[];
  /** Of the unpacked array, and of the file. */
  bytes: number;
  fileBytes: number;
}

/**
 * Reads an array as nninteractive-client 2.6 packs it (`serialization.py`): little endian, in C order, in chunks of Blosc2.
 * @param check is called before memory is taken for the array; may throw
 * @returns 64-bit integers as float64, and float16 as float32
 * @throws ImageError for damage, and for what is not read
 */
export async function readPackedArray(
  path: string,
  check: (head: PackedHead) => void | Promise<void>,
): Promise<{ data: NumericArray; shape: number[] }> {
  const file = await open(path, 'r');
  try {
    const { size: fileBytes } = await file.stat();
    const { chunks, at, ...head } = await readHead(file, fileBytes);
    await check(head);
    const storage = allocateUnset(Uint8Array, head.bytes);
    await readChunks(file, at, fileBytes, chunks, storage, bytesOf(head.type));
    const data = valuesIn(storage, head.type, true, NAME.text);
    return { data: head.isHalf ? widened(data as Uint16Array) : data, shape: head.shape };
  } finally {
    await file.close();
  }
}

function widened(halves: Uint16Array): Float32Array {
  const values = allocateUnset(Float32Array, halves.length);
  decodeHalf(halves, values);
  return values;
}

async function readHead(file: FileHandle, fileBytes: number) {
  const head = Buffer.alloc(8 + 255 + 8 * MOST_AXES + 4);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  if (bytesRead < 8 || head.toString('latin1', 0, 4) !== MAGIC)
    throw unreadable(say`the body is not a packed array: it has ${fileBytes} bytes, and does not begin with ${known(MAGIC)}`);
  const [version, codec, axes, letters] = head.subarray(4);
  if (version !== VERSION) throw unsupported(say`${NAME} has version ${version}; ${VERSION} is read`);
  if (!CODECS.includes(codec)) throw unsupported(say`${NAME} has the codec ${codec}; 1 (zstd) and 2 (lz4) are read`);
  if (axes > MOST_AXES) throw unsupported(say`${NAME} has ${axes} axes; up to ${MOST_AXES} are read`);
  const at = 8 + letters + 8 * axes + 4;
  if (bytesRead < at) throw unreadable(say`${NAME} ends within its header: ${fileBytes} of ${at} bytes`);
  const name = head.toString('latin1', 8, 8 + letters);
  const isHalf = name === 'float16';
  const type = name === 'bool' ? 'uint8' : isHalf ? 'uint16' : name;
  if (!Object.hasOwn(valueTypes, type))
    throw unsupported(say`${NAME} has values of type "${name}"; bool, float16 and ${known(Object.keys(valueTypes).join(', '))} are read`);
  const shape = Array.from({ length: axes }, (_, d) => Number(head.readBigInt64LE(8 + letters + 8 * d)));
  const bytes = sizeOf(shape) * bytesOf(type as ValueType);
  if (shape.some((length) => length < 0)) throw unreadable(say`${NAME} has the shape ${shape.join(' x ')}`);
  if (!(bytes <= MOST_BYTES)) throw tooLarge(say`${NAME} of ${shape.join(' x ')} values has ${bytes} bytes; up to ${MOST_BYTES} are read`);
  return { type: type as ValueType, isHalf, shape, bytes, fileBytes, chunks: head.readUInt32LE(at - 4), at };
} // prettier-ignore

async function readChunks(file: FileHandle, from: number, fileBytes: number, chunks: number, storage: Uint8Array, item: number) {
  let [at, filled] = [from, 0];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const sizes = Buffer.alloc(16);
    await file.read(sizes, 0, 16, at);
    const [bytes, packed] = [0, 8].map((place) => Number(sizes.readBigUInt64LE(place)));
    at += 16;
    if (at + packed > fileBytes) throw unreadable(say`${NAME} is truncated: chunk ${chunk} of ${chunks} has ${packed} bytes, and the body ends ${at + packed - fileBytes} bytes before that`);
    if (bytes > MOST_CHUNK_BYTES || bytes === 0 || bytes % item !== 0 || filled + bytes > storage.length)
      throw unreadable(say`${NAME} is damaged: chunk ${chunk} of ${chunks} is said to hold ${bytes} bytes, and ${storage.length - filled} of ${storage.length} are missing`);
    const content = Buffer.allocUnsafe(packed);
    const { bytesRead } = await file.read(content, 0, packed, at);
    at += packed;
    const size = chunkSize(content.subarray(0, bytesRead));
    if (size !== bytes) throw unreadable(say`${NAME} is damaged: chunk ${chunk} is said to hold ${bytes} bytes, and says ${size} itself`);
    unpackChunk(content, storage.subarray(filled, filled + bytes));
    filled += bytes;
  }
  if (filled !== storage.length) throw unreadable(say`${NAME} is truncated: its chunks hold ${filled} of ${storage.length} bytes`);
  if (at !== fileBytes) throw unreadable(say`${NAME} is damaged: ${fileBytes - at} bytes follow its last chunk`);
} // prettier-ignore

/** Packs an array in C order. @param type numpy's name of its values */
export function packArray(data: NumericArray, shape: readonly number[], type: string): Buffer {
  const head = Buffer.alloc(8 + type.length + 8 * shape.length + 4);
  head.write(MAGIC, 'latin1');
  head.set([VERSION, LZ4, shape.length, type.length], 4);
  head.write(type, 8, 'latin1');
  shape.forEach((length, d) => head.writeBigInt64LE(BigInt(length), 8 + type.length + 8 * d));
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const parts: Uint8Array[] = [head];
  for (let at = 0; at < bytes.length; at += MOST_CHUNK_BYTES) {
    const content = bytes.subarray(at, at + MOST_CHUNK_BYTES);
    const chunk = packChunk(content, data.BYTES_PER_ELEMENT);
    const sizes = Buffer.alloc(16);
    sizes.writeBigUInt64LE(BigInt(content.length));
    sizes.writeBigUInt64LE(BigInt(chunk.length), 8);
    parts.push(sizes, chunk);
  }
  head.writeUInt32LE((parts.length - 1) / 2, head.length - 4);
  return Buffer.concat(parts);
}
