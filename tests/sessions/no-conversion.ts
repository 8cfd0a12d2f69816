import type { ToNifti } from '../../gateway/sessions/import-image';

/** For stores whose images stay as they came. */
export const noConversion: ToNifti = () => Promise.reject(new Error('nothing is to be converted here'));
