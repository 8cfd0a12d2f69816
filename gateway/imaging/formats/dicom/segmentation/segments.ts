import { textValue } from '../text-value';
import type { DataSet, Element } from '../write-dicom';

/** Red, green and blue of sRGB, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** A code of a coding scheme: `{ value: '10200004', scheme: 'SCT', meaning: 'Liver' }`. */
export interface Code {
  value: string;
  scheme: string;
  meaning: string;
}

export interface Segment {
  value: number;
  name: string;
  category: Code;
  type: Code;
  /** Left or right, of what there are two. */
  modifier?: Code;
  /** Where a finding is. */
  region?: Code;
  colour: Rgb;
}

export interface Algorithm {
  name: string;
  version: string;
  /** Whether a person showed it where to look. */
  kind: 'AUTOMATIC' | 'SEMIAUTOMATIC';
}

const ARTIFICIAL_INTELLIGENCE: Code = { value: '123110', scheme: 'DCM', meaning: 'Artificial Intelligence' };
const BACKGROUND: Code = { value: '125040', scheme: 'DCM', meaning: 'Background' };

export function codeItem({ value, scheme, meaning }: Code): DataSet {
  return [
    [0x00080100, 'SH', value],
    [0x00080102, 'SH', scheme],
    [0x00080104, 'LO', textValue(meaning, 'LO')],
  ];
}

/** An item of the Segment Sequence. @see DICOM PS3.3 C.8.20.2, C.8.20.4 */
export function segmentItem(segment: Segment, number: number, algorithm: Algorithm): DataSet {
  const { value, name, category, type, modifier, region, colour } = segment;
  const label = textValue(name, 'LO') || `Label ${value}`;
  const more: Element[] = modifier ? [[0x00620011, 'SQ', codeItem(modifier)]] : [];
  const where: Element[] = region ? [[0x00082218, 'SQ', codeItem(region)]] : [];
  return [
    ...where,
    [0x00620003, 'SQ', codeItem(category)],
    [0x00620004, 'US', number],
    [0x00620005, 'LO', label],
    [0x00620006, 'ST', textValue(`Label ${value}: ${name}`, 'ST')],
    [0x00620007, 'SQ', algorithmItem(algorithm)],
    [0x00620008, 'CS', algorithm.kind],
    [0x00620009, 'LO', textValue(algorithm.name, 'LO')],
    [0x0062000d, 'US', ...dicomLab(colour)],
    [0x0062000f, 'SQ', [...codeItem(type), ...more]],
  ];
}

/** Segment 0 of a label map: what lies in no segment. */
export function backgroundItem(algorithm: Algorithm): DataSet {
  return [
    [0x00620003, 'SQ', codeItem(BACKGROUND)],
    [0x00620004, 'US', 0],
    [0x00620005, 'LO', 'Background'],
    [0x00620008, 'CS', algorithm.kind],
    [0x00620009, 'LO', textValue(algorithm.name, 'LO')],
    [0x0062000d, 'US', ...dicomLab([0, 0, 0])],
    [0x0062000f, 'SQ', codeItem(BACKGROUND)],
  ];
}

function algorithmItem({ name, version }: Algorithm): DataSet {
  return [
    [0x0066002f, 'SQ', codeItem(ARTIFICIAL_INTELLIGENCE)],
    [0x00660031, 'LO', textValue(version, 'LO')],
    [0x00660036, 'LO', textValue(name, 'LO')],
  ];
}

/** Linear sRGB to XYZ under D50: the matrix of IEC 61966-2-1 with the Bradford adaptation from D65 (ICC.1 annex E), rows X, Y, Z. */
const TO_XYZ_D50 = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
];
const D50 = [0.96422, 1, 0.82521];

/** A colour as Recommended Display CIELab Value: L* 0 … 100, a* and b* -128 … 127, each stretched over 0 … 65535. @see DICOM PS3.3 C.10.7.1.1 */
function dicomLab(colour: Rgb): [number, number, number] {
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
