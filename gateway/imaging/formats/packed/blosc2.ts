import { Decompress } from 'fzstd';
import { unreadable, unsupported, type ImageError } from '../../image-error';
import { ZstdWindows } from '../zstd';
import { compressRuns, decompressLz4 } from './lz4';
import { known, say, type Sentence } from '../../../sentence';

const HEADER_BYTES = 32;
const [LZ4, ZSTD] = [1, 4];
const [PLAIN, ZEROS, VALUE] = [2, 1, 3];
const SHUFFLE = 1;
/** Bytes handed to the decompressor at a time: however much comes out of them fits into memory. */
const PIECE = 4096;
const NAME = known('the packed array');

/** Size of the unpacked content of a chunk, which its first bytes tell. @throws ImageError for what is no chunk */
export function chunkSize(chunk: Uint8Array): number {
  return headOf(chunk).size;
}

/**
 * Unpacks a Blosc2 chunk (c-blosc2's README_CHUNK_FORMAT, versions 5 and before, with extended header) with zstd or lz4, without filter or shuffled bytes:
 * what `blosc2.compress2` of python-blosc2 4 makes of an array.
 * @param out takes the content; as long as {@link chunkSize} says
 * @throws ImageError for damage, and for what is not read
 */
export function unpackChunk(chunk: Uint8Array, out: Uint8Array): void {
  const head = headOf(chunk);
  const { size, block, special } = head;
  if (special === ZEROS || size === 0) return void out.fill(0);
  if (special === VALUE) return repeat(chunk.subarray(HEADER_BYTES, HEADER_BYTES + head.item), head.item, out);
  if (special !== 0) throw unsupported(say`${NAME} has a chunk of the special kind ${special}; zeros and one value are read`);
  if (head.flags & PLAIN) {
    if (chunk.length < HEADER_BYTES + size) throw damaged('a plain chunk ends early');
    return out.set(chunk.subarray(HEADER_BYTES, HEADER_BYTES + size));
  }
  const count = Math.ceil(size / block);
  const view = viewOf(chunk);
  if (HEADER_BYTES + 4 * count > chunk.length) throw damaged(say`a chunk of ${chunk.length} bytes has no room for its ${count} blocks`);
  const ends = new Map<number, number>();
  const shuffled = head.filter === SHUFFLE && head.item > 1 ? new Uint8Array(Math.min(block, size)) : undefined;
  for (let at = 0; at < count; at++) {
    const target = out.subarray(at * block, Math.min((at + 1) * block, size));
    const begin = view.getInt32(HEADER_BYTES + 4 * at, true);
    if (begin < HEADER_BYTES + 4 * count || begin >= chunk.length) throw damaged(say`block ${at} begins outside of its chunk`);
    const isSplit = !(head.flags & 16) && target.length === block && block % head.item === 0;
    const content = shuffled ? shuffled.subarray(0, target.length) : target;
    ends.set(begin, unpackBlock(chunk, begin, content, isSplit ? head.item : 1, head.codec));
    if (shuffled) unshuffle(content, target, head.item);
  }
  const places = [...ends].sort(([a], [b]) => a - b);
  if (places.length < count || places.some(([, end], at) => end > (places[at + 1]?.[0] ?? chunk.length)))
    throw damaged('blocks of a chunk overlap');
} // prettier-ignore

/** A chunk of bytes that {@link unpackChunk} and `blosc2.decompress2` unpack: compressed where that makes it smaller. @param item bytes of a value */
export function packChunk(bytes: Uint8Array, item: number): Uint8Array {
  const head = (flags: number, block: number, length: number) => {
    const chunk = new Uint8Array(length);
    chunk.set([5, 1, flags, item]);
    const view = viewOf(chunk);
    [bytes.length, block, length].forEach((value, at) => view.setInt32(4 + 4 * at, value, true));
    return chunk;
  };
  const packed = bytes.length > 64 ? compressRuns(bytes) : undefined;
  if (!packed || packed.length + 8 >= bytes.length) {
    const plain = head(0x97, Math.max(1, bytes.length), HEADER_BYTES + bytes.length);
    plain.set(bytes, HEADER_BYTES);
    return plain;
  }
  const begin = HEADER_BYTES + 4;
  const chunk = head(0x15 | (LZ4 << 5), bytes.length, begin + 4 + packed.length);
  viewOf(chunk).setInt32(HEADER_BYTES, begin, true);
  viewOf(chunk).setInt32(begin, packed.length, true);
  chunk.set(packed, begin + 4);
  return chunk;
}

function headOf(chunk: Uint8Array) {
  if (chunk.length < HEADER_BYTES) throw damaged(say`a chunk has ${chunk.length} bytes, fewer than its header`);
  const view = viewOf(chunk);
  const [version, , flags, item] = chunk;
  if (version > 5 || (flags & 5) !== 5) throw unsupported(say`${NAME} has chunks of version ${version} with the flags ${flags}; Blosc2 chunks of version 5 with extended header are read`);
  const [size, block, packed] = [4, 8, 12].map((at) => view.getInt32(at, true));
  if (size < 0 || item === 0 || packed !== chunk.length || (size > 0 && block <= 0)) throw damaged(say`the header of a chunk of ${chunk.length} bytes says ${packed} bytes, ${size} unpacked, in blocks of ${block}`);
  const filters = [...chunk.subarray(16, 22)];
  const special = (chunk[31] >> 4) & 7;
  const codec = flags >> 5;
  const isPlain = special !== 0 || (flags & PLAIN) !== 0;
  const filter = filters.find((code) => code !== 0) ?? 0;
  if (!isPlain && (filters.filter((code) => code !== 0).length > 1 || filter > SHUFFLE)) throw unsupported(say`${NAME} was filtered by ${filters.join(', ')}; shuffled bytes (1) alone are undone`);
  if (!isPlain && codec !== LZ4 && codec !== ZSTD) throw unsupported(say`${NAME} is compressed with codec ${codec}; 1 (lz4) and 4 (zstd) are read`);
  return { flags, item, size, block, special, codec, filter };
} // prettier-ignore

/** Fills `out` from the streams of a block. @returns where the block ends in the chunk */
function unpackBlock(chunk: Uint8Array, begin: number, out: Uint8Array, streams: number, codec: number): number {
  const view = viewOf(chunk);
  const each = out.length / streams;
  let at = begin;
  for (let stream = 0; stream < streams; stream++) {
    const target = out.subarray(stream * each, (stream + 1) * each);
    if (at + 4 > chunk.length) throw damaged('a block ends outside of its chunk');
    const length = view.getInt32(at, true);
    at += 4;
    const bytes = length < 0 ? 1 : length;
    if (at + bytes > chunk.length) throw damaged('a block ends outside of its chunk');
    const content = chunk.subarray(at, at + bytes);
    at += bytes;
    if (length < 0 && !(content[0] & 1)) throw damaged('a block has a mark that is not known');
    if (length <= 0) target.fill(-length & 255);
    else if (length === target.length) target.set(content);
    else if (codec === LZ4) unpackLz4(content, target);
    else unpackZstd(content, target);
  }
  return at;
}

function unpackLz4(content: Uint8Array, out: Uint8Array): void {
  try {
    decompressLz4(content, out);
  } catch (cause) {
    throw damaged(say`lz4: ${(cause as Error).message}`, cause);
  }
}

function unpackZstd(content: Uint8Array, out: Uint8Array): void {
  if (new ZstdWindows().largestIn(Buffer.from(content)) > Math.max(out.length, 1 << 10))
    throw damaged('zstd: a frame says that it holds more than its block');
  let taken = 0;
  const decompressor = new Decompress((piece) => {
    if (taken + piece.length > out.length) throw damaged('zstd: a frame holds more than its block');
    out.set(piece, taken);
    taken += piece.length;
  });
  try {
    for (let at = 0; at < content.length; at += PIECE)
      decompressor.push(content.subarray(at, at + PIECE), at + PIECE >= content.length);
  } catch (cause) {
    throw damaged(say`zstd: ${(cause as Error).message}`, cause);
  }
  if (taken !== out.length) throw damaged(say`zstd: a frame holds ${taken} of ${out.length} bytes`);
}

/** Byte b of value e lies at b · count + e; bytes beyond the last whole value stay where they are. */
function unshuffle(from: Uint8Array, to: Uint8Array, item: number): void {
  const count = Math.floor(from.length / item);
  for (let b = 0, at = 0; b < item; b++) for (let e = 0, target = b; e < count; e++, target += item) to[target] = from[at++];
  to.set(from.subarray(count * item), count * item);
} // prettier-ignore

function repeat(value: Uint8Array, item: number, out: Uint8Array): void {
  if (value.length < item) throw damaged('a chunk of one value ends before it');
  for (let at = 0; at < out.length; at++) out[at] = value[at % item];
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);

const damaged = (what: string | Sentence, cause?: unknown): ImageError =>
  unreadable(say`${NAME} is damaged: ${typeof what === 'string' ? known(what) : what}`, cause);
