const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * float32 → IEEE 754 half precision, round half to even; beyond 65504 becomes infinity, every NaN becomes 0x7e00.
 * @param out reused when given; same length as `values`
 */
export function encodeHalf(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < source.length; i++) {
    const word = source[i];
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude >= 0x38800000 && magnitude < 0x47800000) {
      // A normal half: move the exponent from bias 127 to 15, add half a unit (a little less when the kept part is
      // even), cut 13 bits.
      out[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    } else if (magnitude < 0x38800000) {
      // Below 2^-14: the unit in the last place of 0.5 is 2^-24, that of a subnormal half, so adding 0.5 lets the
      // hardware round.
      bits[0] = magnitude;
      float[0] += 0.5;
      out[i] = sign | (bits[0] - 0x3f000000);
    } else {
      out[i] = sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
    }
  }
  return out;
}

let table: Float32Array | undefined;

/** Half precision → float32, exact. `out` has the length of `halves`. */
export function decodeHalf(halves: Uint16Array, out: Float32Array): void {
  table ??= makeTable();
  for (let i = 0; i < halves.length; i++) out[i] = table[halves[i]];
}

function makeTable(): Float32Array {
  return Float32Array.from({ length: 0x10000 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}
