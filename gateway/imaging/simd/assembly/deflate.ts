/*
 * DEFLATE (RFC 1951) of voxels that come in runs, as those of label maps do: bytes are compared with those one voxel and one row before them, and with no
 * others. Each block has a Huffman code of its own for bytes and lengths; the two distances take one bit each, and their extra bits.
 */

/** A token is a byte; or, from here on, the length of a run, less 3; or that of a part of the row before. */
const RUNS = 256;
const ROWS = 512;
const TOKENS = 768;
const MOST_TOKENS = 1 << 15;
const MOST_LENGTH: usize = 258;
/** Shorter ones take more bits than their bytes do. */
const LEAST_RUN: usize = 6;
/** A part of the row before must be so much longer than a run: its distance takes more bits. */
const ROW_COST: usize = 8;

const END_OF_BLOCK = 256;
const SYMBOLS = 286;
const MOST_BITS = 15;
const PRECODE = 19;
const MOST_PRECODE_BITS = 7;
const ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

/** Bits for the stream, the first one lowest; from bit 48 on how many there are. */
type Bits = u64;
const VALUE: u64 = ((<u64>1) << 48) - 1;

/** By token: how often it occurs, and what is written for it. */
const counts = memory.data(TOKENS * 4, 64);
const written = memory.data(TOKENS * 8, 64);
/** By symbol: how often it occurs, the length of its code, the code. After those of bytes and lengths come the lengths of the distances' codes. */
const uses = memory.data(SYMBOLS * 4, 64);
const codeLengths = memory.data(SYMBOLS + 32, 64);
const codes = memory.data(SYMBOLS * 8, 64);
const precodeLengths = memory.data(32, 64);
/** The symbols that say how long the codes are. */
const header = memory.data(SYMBOLS + 32, 64);
const headerExtra = memory.data(SYMBOLS + 32, 64);
/** Symbols that occur, the rarest first, and the numbers that Moffat and Katajainen's algorithm works on. */
const sorted = memory.data(SYMBOLS * 4, 64);
const tree = memory.data(SYMBOLS * 4, 64);
const perLength = memory.data(64, 64);

/** Bits that are not a whole byte yet, how many, and where they will go. */
let waiting: u64 = 0;
let count: u64 = 0;
let out: usize = 0;
/** Where the tokens end that were made last. */
let lastToken: usize = 0;

/**
 * Writes whole blocks that end at a byte and refer to nothing before them; none is the last of the stream.
 *
 * @param from `bytes` bytes, after which 16 more can be read
 * @param voxel bytes of a voxel @param row bytes of a row: as many, or more than twice as many, up to 32768
 * @param tokens memory for 2^15 of 2 bytes
 * @param to where they go: less than twice as many bytes, and 1024 for each block of 2^15 tokens
 * @returns where they end
 */
export function deflateRuns(from: usize, bytes: usize, voxel: usize, row: usize, tokens: usize, to: usize): usize {
  const end = from + bytes;
  waiting = 0;
  count = 0;
  out = to;
  for (let at = from; at < end;) {
    memory.fill(counts, 0, TOKENS * 4);
    at = tokenize(from, at, end, voxel, row, tokens);
    writeBlock(tokens, voxel, row);
  }
  // An empty block of stored bytes, which begins at a whole byte.
  put(0, 3);
  put(0, (8 - count) & 7);
  put(0xffff0000, 32);
  return out;
}

/** Bits that some of the bytes take, estimated from places of `sample` bytes that lie `step` bytes apart: without those of the header. */
export function estimateBits(
  from: usize,
  bytes: usize,
  voxel: usize,
  row: usize,
  tokens: usize,
  sample: usize,
  step: usize,
): i32 {
  const end = from + bytes;
  memory.fill(counts, 0, TOKENS * 4);
  for (let at = from; at < end; at += step) tokenize(from, at, min(end, at + sample), voxel, row, tokens);
  makeCodes(voxel, row);
  let bits = 0;
  for (let token = 0; token < TOKENS; token++)
    bits += numberAt(counts, token) * <i32>(load<u64>(written + (token << 3)) >> 48);
  return bits;
}

/** @returns where the bytes end that the tokens stand for: there is room for 2^15 */
function tokenize(from: usize, at: usize, end: usize, voxel: usize, row: usize, tokens: usize): usize {
  const full = tokens + MOST_TOKENS * 2;
  let next = tokens;
  for (; at < end && next < full; next += 2) {
    const most = min(MOST_LENGTH, end - at);
    const run = at >= from + voxel ? matched(at, voxel, most) : 0;
    const part = run < most && at >= from + row ? matched(at, row, most) : 0;
    let token = <i32>load<u8>(at);
    let length: usize = 1;
    if (part >= run + ROW_COST) {
      length = part;
      token = ROWS - 3 + <i32>part;
    } else if (run >= LEAST_RUN) {
      length = run;
      token = RUNS - 3 + <i32>run;
    }
    store<u16>(next, token);
    add(counts, token, 1);
    at += length;
  }
  lastToken = next;
  return at;
}

/** How many bytes, `most` at the most, equal those `back` bytes before them. */
function matched(at: usize, back: usize, most: usize): usize {
  for (let n: usize = 0; n < most; n += 16) {
    const equal = i8x16.bitmask(i8x16.eq(v128.load(at + n), v128.load(at + n - back)));
    if (equal != 0xffff) return min(n + ctz(~equal), most);
  }
  return most;
}

function writeBlock(tokens: usize, voxel: usize, row: usize): void {
  makeCodes(voxel, row);
  const ending = codeOf(END_OF_BLOCK);
  writeHeader(distanceCode(voxel), row == voxel ? distanceCode(voxel) + 1 : distanceCode(row));
  for (let at = tokens; at < lastToken; at += 2) putBits(load<u64>(written + ((<usize>load<u16>(at)) << 3)));
  putBits(ending);
}

/** Finds what is written for each token, from how often they occur. */
function makeCodes(voxel: usize, row: usize): void {
  memory.fill(uses, 0, SYMBOLS * 4);
  for (let byte = 0; byte < RUNS; byte++) add(uses, byte, numberAt(counts, byte));
  add(uses, END_OF_BLOCK, 1);
  for (let less3 = 0; less3 < RUNS; less3++)
    add(uses, lengthSymbol(less3), numberAt(counts, RUNS + less3) + numberAt(counts, ROWS + less3));
  makeCode(SYMBOLS, MOST_BITS, codeLengths);

  for (let byte = 0; byte < RUNS; byte++) store<u64>(written + (byte << 3), codeOf(byte));
  // The shorter distance has the lower number, so that its code is 0.
  const run = distanceBits(voxel, 0);
  const part = distanceBits(row, 1);
  for (let less3 = 0; less3 < RUNS; less3++) {
    const length = joined(codeOf(lengthSymbol(less3)), lengthExtra(less3));
    store<u64>(written + ((RUNS + less3) << 3), joined(length, run));
    store<u64>(written + ((ROWS + less3) << 3), joined(length, part));
  }
}

function writeHeader(run: i32, part: i32): void {
  let literals = SYMBOLS;
  while (lengthAt(codeLengths, literals - 1) == 0) literals--;
  const all = literals + part + 1;
  memory.fill(codeLengths + literals, 0, part + 1);
  store<u8>(codeLengths + literals + run, 1);
  store<u8>(codeLengths + literals + part, 1);

  memory.fill(uses, 0, PRECODE * 4);
  let symbols = 0;
  for (let at = 0; at < all; symbols++) {
    const length = lengthAt(codeLengths, at);
    let same = 1;
    while (length == 0 && same < 138 && at + same < all && lengthAt(codeLengths, at + same) == 0) same++;
    const symbol = same > 10 ? 18 : same > 2 ? 17 : length;
    if (symbol < 17) same = 1;
    store<u8>(header + symbols, symbol);
    store<u8>(headerExtra + symbols, same - (symbol == 18 ? 11 : 3));
    add(uses, symbol, 1);
    at += same;
  }
  makeCode(PRECODE, MOST_PRECODE_BITS, precodeLengths);
  let precodes = PRECODE;
  while (lengthAt(precodeLengths, load<u8>(ORDER + precodes - 1)) == 0) precodes--;

  put(2 << 1, 3);
  put(literals - 257, 5);
  put(part, 5);
  put(precodes - 4, 4);
  for (let at = 0; at < precodes; at++) put(lengthAt(precodeLengths, load<u8>(ORDER + at)), 3);
  for (let at = 0; at < symbols; at++) {
    const symbol = <i32>load<u8>(header + at);
    putBits(codeOf(symbol));
    if (symbol > 16) put(load<u8>(headerExtra + at), symbol == 18 ? 7 : 3);
  }
}

/** A Huffman code for `symbols` symbols from how often they occur; two of them do at the least. @param lengths of the codes, 0 for those that do not occur */
function makeCode(symbols: i32, most: i32, lengths: usize): void {
  let n = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const often = numberAt(uses, symbol);
    if (often == 0) continue;
    let at = n++;
    for (; at > 0 && numberAt(sorted, at - 1) >> 9 > often; at--) setNumber(sorted, at, numberAt(sorted, at - 1));
    setNumber(sorted, at, (often << 9) | symbol);
  }
  // What is rare counts for more until no code is too long.
  let shift = 0;
  do {
    for (let at = 0; at < n; at++) setNumber(tree, at, max(1, numberAt(sorted, at) >> (9 + shift)));
    lengthsOfTree(n);
    shift++;
  } while (numberAt(tree, 0) > most);

  memory.fill(lengths, 0, symbols);
  memory.fill(perLength, 0, 64);
  for (let at = 0; at < n; at++) {
    store<u8>(lengths + (numberAt(sorted, at) & 511), numberAt(tree, at));
    add(perLength, numberAt(tree, at), 1);
  }
  // First code of each length; then they count up in the order of the symbols.
  for (let length = 1, code = 0; length <= most; length++) {
    const codesOfLength = numberAt(perLength, length);
    setNumber(perLength, length, code);
    code = (code + codesOfLength) << 1;
  }
  for (let symbol = 0; symbol < symbols; symbol++) {
    const length = lengthAt(lengths, symbol);
    let code = 0;
    for (let bit = 0, left = numberAt(perLength, length); bit < length; bit++, left >>= 1)
      code = (code << 1) | (left & 1);
    if (length > 0) add(perLength, length, 1);
    store<u64>(codes + (symbol << 3), packed(code, length));
  }
}

/** Replaces `n` numbers in the tree, the least first, by the lengths of their codes (A. Moffat, J. Katajainen: In-Place Calculation of Minimum-Redundancy Codes, 1995). */
function lengthsOfTree(n: i32): void {
  let root = 0;
  let leaf = 0;
  for (let next = 0; next < n - 1; next++) {
    let sum = 0;
    for (let child = 0; child < 2; child++) {
      if (leaf >= n || (root < next && numberAt(tree, root) < numberAt(tree, leaf))) {
        sum += numberAt(tree, root);
        setNumber(tree, root++, next);
      } else sum += numberAt(tree, leaf++);
    }
    setNumber(tree, next, sum);
  }
  setNumber(tree, n - 2, 0);
  for (let node = n - 3; node >= 0; node--) setNumber(tree, node, numberAt(tree, numberAt(tree, node)) + 1);
  let node = n - 2;
  let next = n - 1;
  for (let free = 1, depth = 0; free > 0; depth++) {
    let inner = 0;
    for (; node >= 0 && numberAt(tree, node) == depth; node--) inner++;
    for (; free > inner; free--) setNumber(tree, next--, depth);
    free = 2 * inner;
  }
}

/** The symbol of a length less 3, and the bits that follow it (RFC 1951, 3.2.5). */
function lengthSymbol(less3: i32): i32 {
  if (less3 == 255) return 285;
  if (less3 < 8) return 257 + less3;
  const extra = 29 - clz(less3);
  return 261 + (extra << 2) + ((less3 >> extra) & 3);
}

function lengthExtra(less3: i32): Bits {
  if (less3 == 255 || less3 < 8) return 0;
  const extra = 29 - clz(less3);
  return packed(less3 & ((1 << extra) - 1), extra);
}

/** The same for a distance: the symbol, and the one bit of its code with those that follow. */
function distanceCode(distance: usize): i32 {
  const less1 = <i32>distance - 1;
  if (less1 < 4) return less1;
  const extra = 30 - clz(less1);
  return 2 + (extra << 1) + ((less1 >> extra) & 1);
}

function distanceBits(distance: usize, code: u64): Bits {
  const less1 = <i32>distance - 1;
  const extra = less1 < 4 ? 0 : 30 - clz(less1);
  return joined(packed(code, 1), packed(less1 & ((1 << extra) - 1), extra));
}

function packed(bits: u64, n: u64): Bits {
  return bits | (n << 48);
}

function joined(first: Bits, then: Bits): Bits {
  const n = first >> 48;
  return packed((first & VALUE) | ((then & VALUE) << n), n + (then >> 48));
}

function codeOf(symbol: i32): Bits {
  return load<u64>(codes + (symbol << 3));
}

function putBits(bits: Bits): void {
  put(bits & VALUE, bits >> 48);
}

function put(bits: u64, n: u64): void {
  waiting |= bits << count;
  count += n;
  store<u64>(out, waiting);
  out += <usize>(count >> 3);
  waiting >>= count & ~7;
  count &= 7;
}

function numberAt(list: usize, at: i32): i32 {
  return load<i32>(list + (at << 2));
}

function setNumber(list: usize, at: i32, value: i32): void {
  store<i32>(list + (at << 2), value);
}

function add(list: usize, at: i32, more: i32): void {
  setNumber(list, at, numberAt(list, at) + more);
}

function lengthAt(list: usize, at: i32): i32 {
  return load<u8>(list + at);
}
