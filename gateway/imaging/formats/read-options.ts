import type { NiftiUnits } from './nifti/units';
import type { NotFinite } from './not-finite';

/** What a request, a setting or a session says about how an image is read. */
export interface ReadOptions {
  /** Lengths in NIfTI headers. @default convert */
  niftiUnits?: NiftiUnits;
  /** What becomes of NaN and infinity. @default min */
  notFinite?: NotFinite;
  /** True for a NIfTI file that the gateway made of an image of another format: its header says nothing that its affine does not. @default false */
  converted?: boolean;
}
