/** The shortest match of the format. */
const SHORTEST = 4;
/** The last bytes are literals, and no match begins in the last so many (LZ4 block format, end of block conditions). */
const [LAST_LITERALS, LAST_MATCH] = [5, 12];

/**
 * Decompresses one LZ4 block (LZ4 block format of the reference library 1.10) that fills `out`.
 * @throws RangeError where the block ends early, leads elsewhere, or holds more or less
 */
export function decompressLz4(block: Uint8Array, out: Uint8Array): void {
  let [from, to] = [0, 0];
  const length = (bits: number): number => {
    let sum = bits;
    for (let more = bits === 15 ? 255 : 0; more === 255; sum += more) more = byte();
    return sum;
  };
  const byte = (): number => {
    if (from >= block.length) throw new RangeError('the block ends early');
    return block[from++];
  };
  for (;;) {
    const token = byte();
    const literals = length(token >> 4);
    if (from + literals > block.length || to + literals > out.length) throw new RangeError('literals end outside');
    out.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === block.length) break;
    const offset = byte() | (byte() << 8);
    const match = length(token & 15) + SHORTEST;
    if (offset === 0 || offset > to || to + match > out.length) throw new RangeError('a match lies outside');
    if (offset === 1) out.fill(out[to - 1], to, to + match);
    else if (offset >= match) out.copyWithin(to, to - offset, to - offset + match);
    else for (let at = to; at < to + match; at++) out[at] = out[at - offset];
    to += match;
  }
  if (to !== out.length) throw new RangeError(`${to} bytes in place of ${out.length}`);
}

/**
 * Compresses bytes to an LZ4 block that says runs of one value by their length and everything else as it is: masks are little but such runs.
 * @returns undefined where that is no shorter
 */
export function compressRuns(bytes: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array(bytes.length);
  let [to, literal] = [0, 0];
  const write = (value: number) => void (out[to++] = value);
  const writeLength = (rest: number) => {
    for (; rest >= 255; rest -= 255) write(255);
    write(rest);
  };
  const sequence = (end: number, match: number): boolean => {
    const literals = end - literal;
    const matched = match - SHORTEST;
    if (to + literals + (literals + match) / 255 + 16 > out.length) return false;
    write((Math.min(literals, 15) << 4) | (match > 0 ? Math.min(matched, 15) : 0));
    if (literals >= 15) writeLength(literals - 15);
    out.set(bytes.subarray(literal, end), to);
    to += literals;
    if (match === 0) return true;
    write(1);
    write(0);
    if (matched >= 15) writeLength(matched - 15);
    literal = end + match;
    return true;
  };
  const last = bytes.length - LAST_LITERALS;
  for (let at = 1; at < bytes.length - LAST_MATCH;) {
    const value = bytes[at - 1];
    let end = at;
    while (end < last && bytes[end] === value) end++;
    // A token, an offset and perhaps a length: shorter runs are not worth it.
    if (end - at >= 8) {
      if (!sequence(at, end - at)) return undefined;
      at = end + 1;
    } else at = end + 1;
  }
  return sequence(bytes.length, 0) ? out.subarray(0, to) : undefined;
}
