/* Numbers of half precision (IEEE 754 binary16) as 16 bits. Rounded half to even; beyond 65504 becomes infinity, every NaN 0x7e00. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The half nearest to a float32 that is given by its bits. */
function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  // A normal half: move the exponent from bias 127 to 15, add half a unit (a little less when the kept part is even), cut 13 bits.
  if (magnitude >= 0x38800000 && magnitude < 0x47800000)
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  // Below 2^-14: the unit in the last place of 0.5 is 2^-24, that of a subnormal half, so adding 0.5 lets the hardware round.
  bits[0] = magnitude;
  float[0] += 0.5;
  return sign | (bits[0] - 0x3f000000);
}

/** The half nearest to a number, which becomes a float32 first, as torch does on the CPU. */
export function toHalf(value: number): number {
  float[0] = value;
  return halfOf(bits[0]);
}

/** A number rounded to half. */
export const roundToHalf = (value: number): number => numbersOfHalves()[toHalf(value)];

/** float32 → half precision. @param out reused when given; same length as `values` */
export function encodeHalf(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < source.length; i++) out[i] = halfOf(source[i]);
  return out;
}

let table: Float32Array | undefined;

/** The number of each half, by its bits. */
export function numbersOfHalves(): Float32Array {
  return (table ??= makeTable());
}

/** Half precision → float32, exact. `out` has the length of `values`. */
export function decodeHalf(values: Uint16Array, out: Float32Array): void {
  const numbers = numbersOfHalves();
  for (let i = 0; i < values.length; i++) out[i] = numbers[values[i]];
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
