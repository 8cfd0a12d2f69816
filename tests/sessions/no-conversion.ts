import type { Room, ToNifti } from '../../gateway/sessions/import-image';

/** For images that may take what they like. */
export const enoughRoom: Room = () => Promise.resolve();

/** For stores whose images stay as they came. */
export const noConversion: ToNifti = () => Promise.reject(new Error('nothing is to be converted here'));
