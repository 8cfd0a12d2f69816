import type { Term } from './term';

/** Kinds of tissue, also what stands for muscles and bones whose own codes DICOM does not list. Codes as in `organs.ts`. */
export const tissues: readonly Term[] = [
  ['55603005', 'Fat', 'fat', 'adipose tissue'],
  ['71966008', 'Subcutaneous tissue', 'subcutaneous tissue', 'subcutaneous fat'],
  ['127954009', 'Skeletal muscle', 'muscle', 'skeletal muscle', 'gluteus maximus', 'gluteus medius', 'gluteus minimus', 'autochthon', 'iliopsoas', 'psoas'],
  ['272673000', 'Bone', 'bone', 'hip', 'hip bone'],
]; // prettier-ignore

/** Fluids of the body. */
export const fluids: readonly Term[] = [
  ['65216001', 'Cerebrospinal fluid', 'csf', 'cerebrospinal fluid'],
  ['87612001', 'Blood', 'blood', 'blood pool'],
];
