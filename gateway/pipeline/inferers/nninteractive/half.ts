const { abs } = Math;
/* Numbers of half precision (IEEE 754 binary16) as 16 bits, rounded as torch rounds them on the CPU: to float32 first. */

const bits = new Uint32Array(1);
const single = new Float32Array(bits.buffer);

/** The half nearest to a number that was made a float32, of two as near the even one. */
export function toHalf(value: number): number {
  single[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // Subnormal: a multiple of 2^-24. Below 2^24 float32 itself rounds at that place when 0.5 is added.
  single[0] = abs(value);
  single[0] += 0.5;
  return sign | (bits[0] - 0x3f000000);
}

/** The number of each half, by its bits. */
export const halves = Float32Array.from({ length: 1 << 16 }, (_, half) => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
});

/** A number rounded to half. */
export const roundToHalf = (value: number): number => halves[toHalf(value)];
