import type { DataSet, Element } from '../data-set';
import { textValue } from '../text-value';
import { dicomLab, type Rgb } from './lab-colour';

/** A code of a coding scheme: `{ value: '10200004', scheme: 'SCT', meaning: 'Liver' }`. */
export interface Code {
  value: string;
  scheme: string;
  meaning: string;
}

/** What one label of a mask means. */
export interface Segment {
  /** Value of its voxels, 1 to 65535. */
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

/** What made the segments. */
export interface Algorithm {
  name: string;
  version: string;
  /** Whether a person showed it where to look. */
  kind: 'AUTOMATIC' | 'SEMIAUTOMATIC';
}

const ARTIFICIAL_INTELLIGENCE: Code = { value: '123110', scheme: 'DCM', meaning: 'Artificial Intelligence' };
const BACKGROUND: Code = { value: '125040', scheme: 'DCM', meaning: 'Background' };

/** A code as the item of a code sequence. */
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
