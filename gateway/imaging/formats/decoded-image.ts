import type { Volume } from '../volume';
import type { NiftiUnits } from './nifti/geometry';
import type { Sentence } from '../../sentence';

/** The treatment of voxels that are NaN or infinite: the smallest finite value, 0, or a refusal of the image. */
export const notFiniteChoices = ['min', 'zero', 'refuse'] as const;
export type NotFinite = (typeof notFiniteChoices)[number];

/** A file that is not an image of the series it came with. */
export interface OtherFile {
  name: string;
  /** In the plural, such as `pictures`. */
  kind: string;
  /** Its content shows what it is. */
  known: boolean;
}

/** Choices of a request, a setting or a session about how an image is read. */
export interface ReadOptions {
  /** Lengths in NIfTI headers. @default convert */
  niftiUnits?: NiftiUnits;
  /** The treatment of NaN and infinity. @default min */
  notFinite?: NotFinite;
  /** True for a NIfTI file that the gateway made of an image of another format: its header says nothing that its affine does not. @default false */
  converted?: boolean;
  /** DICOM in float32, whatever is stored. @default false: stored values where all slices have one rescaling */
  asFloat32?: boolean;
  /** The user's names of the files of a DICOM folder, by their names there; a missing one is called by its UID. @default names in the folder */
  names?: ReadonlyMap<string, string>;
  /** UID of the series that a DICOM folder must hold. @default any */
  series?: string;
  /** Files that came with a DICOM series and were left out already. @default none */
  others?: readonly OtherFile[];
}

export interface DecodedImage {
  format: string;
  /** Raw voxel type, file order (x fastest); geometry in `affine` and `properties.originalAffine`. */
  volume: Volume;
  /** Real value = voxel * slope + intercept; 1 and 0 when the file has no scaling. */
  slope: number;
  intercept: number;
  /** Warnings about how the file was read, one sentence each. @default none */
  warnings?: readonly Sentence[];
}

export interface RealImage {
  volume: Volume<Float32Array>;
  warnings: readonly Sentence[];
}
