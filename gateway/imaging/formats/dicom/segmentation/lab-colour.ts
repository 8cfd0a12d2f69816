/** Red, green and blue of sRGB, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Linear sRGB to XYZ under D50: the matrix of IEC 61966-2-1 with the Bradford adaptation from D65 (ICC.1 annex E), rows X, Y, Z. */
const TO_XYZ_D50 = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
];
const D50 = [0.96422, 1, 0.82521];

/**
 * A colour as Recommended Display CIELab Value: L* 0 … 100, a* and b* -128 … 127, each stretched over 0 … 65535.
 *
 * @see DICOM PS3.3 C.10.7.1.1
 */
export function dicomLab(colour: Rgb): [number, number, number] {
  const [l, a, b] = cieLab(colour);
  return [(l / 100) * 65535, ((a + 128) / 255) * 65535, ((b + 128) / 255) * 65535].map(Math.round) as [number, number, number];
} // prettier-ignore

/** CIE L*a*b* of a colour, relative to D50, the white point of the ICC's connection space. */
export function cieLab(colour: Rgb): [number, number, number] {
  const linear = colour.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  const [x, y, z] = TO_XYZ_D50.map((row, at) => row.reduce((sum, factor, i) => sum + factor * linear[i], 0) / D50[at]).map((t) =>
    t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116,
  );
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
} // prettier-ignore
