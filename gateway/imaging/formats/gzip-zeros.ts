import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib';
import { deflateRuns, MOST_BYTES, type Grain } from '../simd/deflate';

/** Bytes, or a number of zeros. */
export type Piece = Uint8Array | number;

const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
const TAIL = Buffer.from([3, 0]);
const ZEROS = 1 << 18;
let zeroBlock: Promise<Buffer> | undefined;

/**
 * One gzip stream of all pieces, each of which may change when the next one is asked for. Each becomes blocks that depend on nothing before them
 * (RFC 1951): zeros copies of one block, voxels in runs what {@link deflateRuns} makes of them, others what zlib does at its first level.
 */
export async function gzipPieces(pieces: Iterable<Piece>, grain: Grain): Promise<Buffer> {
  const parts: Buffer[] = [HEAD];
  let crc = 0;
  let bytes = 0;
  for (const piece of pieces) {
    if (typeof piece === 'number') {
      zeroBlock ??= deflated(Buffer.alloc(ZEROS), 9);
      parts.push(...new Array<Buffer>(Math.floor(piece / ZEROS)).fill(await zeroBlock));
      if (piece % ZEROS) parts.push(await deflated(Buffer.alloc(piece % ZEROS)));
      crc = crcOfZeros(crc, piece);
      bytes += piece;
    } else {
      for (let at = 0; at < piece.length; at += MOST_BYTES) {
        const slab = piece.subarray(at, at + MOST_BYTES);
        parts.push(deflateRuns(slab, grain) ?? (await deflated(slab)));
        crc = crc32(slab, crc);
      }
      bytes += piece.length;
    }
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(bytes % 2 ** 32, 4);
  return Buffer.concat([...parts, TAIL, trailer]);
}

/** Up to here deflating takes less time than a trip through the thread pool of a busy machine. */
const SYNC_UP_TO_BYTES = 1 << 20;

/** Whole blocks that end at a byte and that later ones do not refer to; none is the last. */
async function deflated(bytes: Uint8Array, level = 1): Promise<Buffer> {
  const options = { level, finishFlush: constants.Z_FULL_FLUSH };
  return bytes.length <= SYNC_UP_TO_BYTES ? deflateRawSync(bytes, options) : promisify(deflateRaw)(bytes, options);
}

/** A zero byte changes the register of CRC-32 by a linear map over bits; `count` of them by its power, found by repeated squaring. */
function crcOfZeros(crc: number, count: number): number {
  let register = ~crc >>> 0;
  let map = Uint32Array.from({ length: 32 }, (_, bit) => afterZeroByte((1 << bit) >>> 0));
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2) register = applied(map, register);
    const square = map;
    map = map.map((column) => applied(square, column));
  }
  return ~register >>> 0;
}

function afterZeroByte(register: number): number {
  for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0xedb88320 : register >>> 1;
  return register >>> 0;
}

function applied(map: Uint32Array, value: number): number {
  let result = 0;
  for (let bit = 0; value; bit++, value >>>= 1) if (value & 1) result ^= map[bit];
  return result >>> 0;
}
