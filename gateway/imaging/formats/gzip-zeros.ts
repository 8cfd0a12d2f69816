import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';

/** Bytes, or how many bytes that are 0. */
export type Piece = Uint8Array | number;

const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
/** An empty last block. */
const TAIL = Buffer.from([3, 0]);
const ZEROS = 1 << 18;

/**
 * One gzip stream of all pieces. Long runs of zeros cost next to nothing: their compressed form, which depends on nothing before it, is put
 * in as often as needed.
 *
 * @see RFC 1951, RFC 1952
 */
export async function gzipPieces(pieces: readonly Piece[], level: number): Promise<Buffer> {
  const parts: Buffer[] = [HEAD];
  let register = 0xffffffff;
  let bytes = 0;
  for (const piece of pieces) {
    if (typeof piece === 'number') {
      parts.push(...new Array<Buffer>(Math.floor(piece / ZEROS)).fill(await zeroBlock()));
      if (piece % ZEROS) parts.push(await deflated(Buffer.alloc(piece % ZEROS), level));
      register = crcOfZeros(register, piece);
      bytes += piece;
    } else {
      parts.push(await deflated(piece, level));
      register = crcOf(register, piece);
      bytes += piece.length;
    }
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(~register >>> 0, 0);
  trailer.writeUInt32LE(bytes % 2 ** 32, 4);
  return Buffer.concat([...parts, TAIL, trailer]);
}

let zeros: Promise<Buffer> | undefined;

function zeroBlock(): Promise<Buffer> {
  return (zeros ??= deflated(Buffer.alloc(ZEROS), 9));
}

/** Whole blocks that end at a byte and that later ones do not refer to; none is the last. */
function deflated(bytes: Uint8Array, level: number): Promise<Buffer> {
  return promisify(deflateRaw)(bytes, { level, finishFlush: constants.Z_FULL_FLUSH });
}

/** CRC-32 register after one byte, for every low byte of the register. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

function crcOf(register: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) register = table[(register ^ bytes[i]) & 0xff] ^ (register >>> 8);
  return register >>> 0;
}

/** A zero byte changes the register by a linear map over bits; `count` of them by its power, found by repeated squaring. */
function crcOfZeros(register: number, count: number): number {
  let map = Uint32Array.from({ length: 32 }, (_, bit) => table[(1 << bit) & 0xff] ^ (((1 << bit) >>> 0) >>> 8));
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2) register = applied(map, register);
    const square = map;
    map = map.map((column) => applied(square, column));
  }
  return register;
}

function applied(map: Uint32Array, value: number): number {
  let result = 0;
  for (let bit = 0; value; bit++, value >>>= 1) if (value & 1) result ^= map[bit];
  return result >>> 0;
}
