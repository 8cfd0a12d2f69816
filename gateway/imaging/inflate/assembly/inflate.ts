/*
 * DEFLATE (RFC 1951), with tables and state at the begin of the memory. A call goes on until it needs more input or more room, and takes whole symbols
 * only: what it leaves of the input must be given again, in front of the next bytes. After the last bytes 640 zeros are given: who takes of them, ended early.
 */

/** Bits that the tables of literals and lengths, of distances, and of code lengths are looked up by; longer codes continue in a table of their own. */
const LITERAL_BITS: u32 = 11;
const DISTANCE_BITS: u32 = 8;
const PRECODE_BITS: u32 = 7;

/** A 32-bit entry of a table: bits 0–4 are taken from the stream, bits 8–12 of them are the code and not its extra bits, from bit 16 on its value. */
const LITERAL: u32 = 1 << 15;
/** With `LONGER`: the value is where its table begins, and bits 8–12 the bits that this is looked up by. Else the end of the block (0), or no code (1). */
const SPECIAL: u32 = 1 << 14;
const LONGER: u32 = 1 << 13;
const NO_CODE: u32 = SPECIAL | (1 << 16) | 1;

/** Most entries of complete codes of 288, 32 and 19 symbols (the program `enough` of zlib says 2342 and 402). */
const literals = memory.data(2342 * 4, 64);
const distances = memory.data(402 * 4, 64);
const precodes = memory.data(128 * 4, 64);
const lengths = memory.data(320, 64);
const counts = memory.data(16 * 2, 64);
const places = memory.data(16 * 2, 64);
const sorted = memory.data(288 * 2, 64);

const ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
/** Most bytes that one symbol makes, and that a copy may write beyond them. */
const SYMBOL_ROOM: usize = 258 + 16;
/** A symbol takes 48 bits at the most, the header of a block 4,585; 8 bytes are read at a time. */
const SYMBOL_INPUT: usize = 16;
const HEADER_INPUT: usize = 640;

/** Results of a call. The errors follow, in the order of `MESSAGES` of ../inflater.ts. */
const ENDED = 0;
const NEEDS_INPUT = 1;
const NEEDS_ROOM = 2;
const BAD_BLOCK_TYPE = 3;
const BAD_STORED_LENGTH = 4;
const TOO_MANY_SYMBOLS = 5;
const BAD_PRECODE = 6;
const BAD_REPEAT = 7;
const NO_END_CODE = 8;
const BAD_LITERALS = 9;
const BAD_DISTANCES = 10;
const BAD_LITERAL = 11;
const BAD_DISTANCE = 12;
const TOO_FAR_BACK = 13;

/** Where a block stands. */
const BEFORE = 0;
const STORED = 1;
const CODED = 2;
const AFTER = 3;

let stage = BEFORE;
let isLast = false;
let stored: usize = 0;
/** Of the next bytes; below 8 between calls. */
let bits: u64 = 0;
let count: u32 = 0;
let next: usize = 0;
let end: usize = 0;
let out: usize = 0;

/** Begins a stream. */
export function begin(): void {
  stage = BEFORE;
  isLast = false;
  bits = 0;
  count = 0;
}

/** Where the last call stopped reading, and writing. */
export function position(): usize {
  return next;
}
export function written(): usize {
  return out;
}

/**
 * @param from compressed bytes, up to `to`
 * @param at where the next byte goes; from `history` on the bytes before it can be copied
 * @param room end of the place for bytes; `SYMBOL_ROOM` of it stay free
 */
export function inflate(from: usize, to: usize, history: usize, at: usize, room: usize): i32 {
  next = from;
  end = to;
  out = at;
  let status = -1;
  while (status < 0) {
    if (stage == BEFORE) status = beginBlock();
    else if (stage == STORED) status = copyStored(room);
    else if (stage == CODED) status = decode(history, room - SYMBOL_ROOM);
    else status = ENDED;
  }
  return status;
}

/** Adler-32 (RFC 1950, 8.2) of bytes that follow those of `previous`. */
export function adler32(from: usize, to: usize, previous: u32): u32 {
  let a = previous & 0xffff;
  let b = previous >> 16;
  while (from < to) {
    // So many sums of bytes fit into 32 bits.
    const stop = min(to, from + 5552);
    while (from < stop) {
      a += load<u8>(from++);
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return (b << 16) | a;
}

/** The next `n` bits, 16 at the most. */
function take(n: u32): u32 {
  while (count < n) {
    bits |= (load<u8>(next++) as u64) << count;
    count += 8;
  }
  const value = (bits as u32) & ((1 << n) - 1);
  bits >>= n;
  count -= n;
  return value;
}

/** Reads the header of a block. @returns -1, or the status of the call */
function beginBlock(): i32 {
  if (end - next < HEADER_INPUT) return NEEDS_INPUT;
  isLast = take(1) == 1;
  const type = take(2);
  if (type == 3) return BAD_BLOCK_TYPE;
  if (type == 0) {
    take(count & 7);
    stored = take(16);
    if ((stored ^ take(16)) != 0xffff) return BAD_STORED_LENGTH;
    stage = STORED;
    return -1;
  }
  stage = CODED;
  return type == 1 ? fixedTables() : readTables();
}

function copyStored(room: usize): i32 {
  const bytes = min(stored, min(end - next, room - out));
  memory.copy(out, next, bytes);
  next += bytes;
  out += bytes;
  stored -= bytes;
  if (stored > 0) return next == end ? NEEDS_INPUT : NEEDS_ROOM;
  stage = isLast ? AFTER : BEFORE;
  return -1;
}

function fixedTables(): i32 {
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  build(lengths, 288, literals, LITERAL_BITS, Alphabet.literals);
  memory.fill(lengths, 5, 32);
  build(lengths, 32, distances, DISTANCE_BITS, Alphabet.distances);
  return -1;
}

/** The tables of a block with codes of its own (RFC 1951, 3.2.7). */
function readTables(): i32 {
  const literalCount = take(5) + 257;
  const distanceCount = take(5) + 1;
  const precodeCount = take(4) + 4;
  if (literalCount > 286 || distanceCount > 30) return TOO_MANY_SYMBOLS;
  memory.fill(lengths, 0, 19);
  for (let i: u32 = 0; i < precodeCount; i++) {
    store<u8>(lengths + load<u8>(ORDER + i), take(3) as u8);
  }
  if (!build(lengths, 19, precodes, PRECODE_BITS, Alphabet.precode)) return BAD_PRECODE;

  const all = literalCount + distanceCount;
  for (let i: u32 = 0; i < all;) {
    // Looked at, and put back but for the bits of the code.
    const seven = take(PRECODE_BITS);
    const entry = load<u32>(precodes + (seven << 2));
    const length = entry & 31;
    bits = (bits << (PRECODE_BITS - length)) | (seven >> length);
    count += PRECODE_BITS - length;
    const symbol = entry >> 16;
    if (symbol < 16) {
      store<u8>(lengths + i++, symbol as u8);
      continue;
    }
    if (symbol == 16 && i == 0) return BAD_REPEAT;
    const repeats = take(symbol == 16 ? 2 : symbol == 17 ? 3 : 7) + (symbol == 18 ? 11 : 3);
    if (i + repeats > all) return BAD_REPEAT;
    memory.fill(lengths + i, symbol == 16 ? load<u8>(lengths + i - 1) : 0, repeats);
    i += repeats;
  }
  if (load<u8>(lengths + 256) == 0) return NO_END_CODE;
  if (!build(lengths, literalCount, literals, LITERAL_BITS, Alphabet.literals)) return BAD_LITERALS;
  if (!build(lengths + literalCount, distanceCount, distances, DISTANCE_BITS, Alphabet.distances)) return BAD_DISTANCES;
  return -1;
}

const enum Alphabet {
  literals,
  distances,
  precode,
}

/** The entry of a symbol whose code has `length` bits in this table. */
function entryOf(symbol: u32, length: u32, alphabet: Alphabet): u32 {
  if (alphabet == Alphabet.precode) return (symbol << 16) | length;
  if (alphabet == Alphabet.distances) {
    if (symbol > 29) return NO_CODE;
    const extra: u32 = symbol < 4 ? 0 : (symbol >> 1) - 1;
    const base: u32 = symbol < 4 ? symbol + 1 : ((2 + (symbol & 1)) << extra) + 1;
    return (base << 16) | (length << 8) | (length + extra);
  }
  if (symbol < 256) return (symbol << 16) | LITERAL | length;
  if (symbol == 256) return SPECIAL | length;
  if (symbol > 285) return NO_CODE;
  const extra: u32 = symbol < 265 || symbol == 285 ? 0 : (symbol - 261) >> 2;
  const base: u32 = symbol == 285 ? 258 : symbol < 265 ? symbol - 254 : ((4 + ((symbol - 265) & 3)) << extra) + 3;
  return (base << 16) | (length << 8) | (length + extra);
}

/**
 * Makes the table of canonical codes.
 * @returns false when there are too many codes for their lengths, or too few: one code of one bit may stand alone, or none
 */
function build(from: usize, symbols: u32, table: usize, rootBits: u32, alphabet: Alphabet): bool {
  memory.fill(counts, 0, 32);
  for (let i: u32 = 0; i < symbols; i++) {
    const at = counts + (load<u8>(from + i) << 1);
    store<u16>(at, load<u16>(at) + 1);
  }
  store<u16>(counts, 0);
  let longest: u32 = 15;
  while (longest > 0 && load<u16>(counts + (longest << 1)) == 0) longest--;
  let left: i32 = 1;
  let place: u32 = 0;
  for (let length: u32 = 1; length <= 15; length++) {
    const n = load<u16>(counts + (length << 1));
    left = (left << 1) - n;
    if (left < 0) return false;
    store<u16>(places + (length << 1), place as u16);
    place += n;
  }
  if (left > 0 && longest > 0 && (alphabet == Alphabet.precode || longest != 1)) return false;
  if (longest == 0 && alphabet == Alphabet.precode) return false;
  for (let i: u32 = 0; i < symbols; i++) {
    const length = load<u8>(from + i);
    if (length == 0) continue;
    const at = places + (length << 1);
    const n = load<u16>(at);
    store<u16>(sorted + (n << 1), i as u16);
    store<u16>(at, n + 1);
  }

  const size: u32 = 1 << rootBits;
  if (left > 0) for (let i: u32 = 0; i < size; i++) store<u32>(table + (i << 2), NO_CODE);
  let free = size;
  let begin: u32 = 0;
  let beginBits: u32 = 0;
  let prefix: u32 = u32.MAX_VALUE;
  let code: u32 = 0;
  let lastLength: u32 = 0;
  for (let i: u32 = 0; i < place; i++) {
    const symbol: u32 = load<u16>(sorted + (i << 1));
    const length: u32 = load<u8>(from + symbol);
    code <<= length - lastLength;
    lastLength = length;
    const reversed = reverse(code++, length);
    if (length <= rootBits) {
      const entry = entryOf(symbol, length, alphabet);
      for (let at = reversed; at < size; at += 1 << length) store<u32>(table + (at << 2), entry);
    } else {
      if ((reversed & (size - 1)) != prefix) {
        prefix = reversed & (size - 1);
        begin = free;
        beginBits = length - rootBits;
        // As long as codes of this length do not fill the table, some are longer.
        let gaps: i32 = 1 << beginBits;
        for (;;) {
          gaps -= load<u16>(counts + ((beginBits + rootBits) << 1));
          if (gaps <= 0 || beginBits + rootBits >= longest) break;
          beginBits++;
          gaps <<= 1;
        }
        free += 1 << beginBits;
        store<u32>(table + (prefix << 2), (begin << 16) | SPECIAL | LONGER | (beginBits << 8) | rootBits);
      }
      const entry = entryOf(symbol, length - rootBits, alphabet);
      const step: u32 = 1 << (length - rootBits);
      for (let at = reversed >> rootBits; at < 1 << beginBits; at += step)
        store<u32>(table + ((begin + at) << 2), entry);
    }
    const used = counts + (length << 1);
    store<u16>(used, load<u16>(used) - 1);
  }
  return true;
}

function reverse(code: u32, length: u32): u32 {
  let reversed: u32 = 0;
  for (let i: u32 = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i);
  return reversed;
}

/** Symbols of a block. @param most where the last symbol may begin to be written @returns -1, or the status of the call */
function decode(history: usize, most: usize): i32 {
  let b = bits;
  let n = count;
  let from = next;
  let to = out;
  const safe = end - SYMBOL_INPUT;
  let status = NEEDS_INPUT;
  while (from - (n >> 3) <= safe) {
    if (to > most) {
      status = NEEDS_ROOM;
      break;
    }
    b |= load<u64>(from) << n;
    from += (63 - n) >> 3;
    n |= 56;
    let entry = load<u32>(literals + ((b as usize) & ((1 << LITERAL_BITS) - 1)) * 4);
    if (entry & LITERAL) {
      b >>= entry & 31;
      n -= entry & 31;
      store<u8>(to++, (entry >> 16) as u8);
      entry = load<u32>(literals + ((b as usize) & ((1 << LITERAL_BITS) - 1)) * 4);
      if (entry & LITERAL) {
        b >>= entry & 31;
        n -= entry & 31;
        store<u8>(to++, (entry >> 16) as u8);
        continue;
      }
      b |= load<u64>(from) << n;
      from += (63 - n) >> 3;
      n |= 56;
    }
    if (entry & LONGER) {
      b >>= LITERAL_BITS;
      n -= LITERAL_BITS;
      const mask: u32 = (1 << ((entry >> 8) & 31)) - 1;
      entry = load<u32>(literals + ((entry >> 16) + ((b as u32) & mask)) * 4);
    }
    let all = entry & 31;
    const length: usize = (entry >> 16) + (((b as u32) & ((1 << all) - 1)) >> ((entry >> 8) & 31));
    b >>= all;
    n -= all;
    if (entry & LITERAL) {
      store<u8>(to++, (entry >> 16) as u8);
      continue;
    }
    if (entry & SPECIAL) {
      status = entry >> 16 ? BAD_LITERAL : -1;
      stage = isLast ? AFTER : BEFORE;
      break;
    }
    entry = load<u32>(distances + ((b as usize) & ((1 << DISTANCE_BITS) - 1)) * 4);
    if (entry & LONGER) {
      b >>= DISTANCE_BITS;
      n -= DISTANCE_BITS;
      const mask: u32 = (1 << ((entry >> 8) & 31)) - 1;
      entry = load<u32>(distances + ((entry >> 16) + ((b as u32) & mask)) * 4);
    }
    all = entry & 31;
    const distance: usize = (entry >> 16) + (((b as u32) & ((1 << all) - 1)) >> ((entry >> 8) & 31));
    b >>= all;
    n -= all;
    if (entry & SPECIAL || distance > to - history) {
      status = entry & SPECIAL ? BAD_DISTANCE : TOO_FAR_BACK;
      break;
    }
    copy(to, distance, length);
    to += length;
  }
  // Bits beyond the count are those of the next bytes already; whole bytes go back.
  next = from - (n >> 3);
  count = n & 7;
  bits = b & (((1 as u64) << count) - 1);
  out = to;
  return status;
}

/** Repeats `length` bytes; writes up to 15 more. */
function copy(to: usize, distance: usize, length: usize): void {
  const last = to + length;
  let from = to - distance;
  if (distance >= 16) {
    do {
      v128.store(to, v128.load(from));
      to += 16;
      from += 16;
    } while (to < last);
  } else if (distance == 1) {
    const all = i8x16.splat(load<i8>(from));
    do {
      v128.store(to, all);
      to += 16;
    } while (to < last);
  } else if (distance >= 8) {
    do {
      store<u64>(to, load<u64>(from));
      to += 8;
      from += 8;
    } while (to < last);
  } else {
    do store<u8>(to++, load<u8>(from++));
    while (to < last);
  }
}
