/** Below this UID lie the storage classes of images and of other objects. */
const STORAGE = '1.2.840.10008.5.1.4.1.1.';

/** Storage classes without pixels (PS3.4 B.5): waveforms, presentation states, documents, spectra and raw data, radiotherapy but its images and doses. */
const WITHOUT_PIXELS = ['4.2', '8', '9', '10', '11', '38', '39', '45', '66', '66.1', '66.2', '66.3', '66.5', '66.6', '67', '68', '78', '79', '80', '82', '88', '90', '104', '131', '200', '201', '481.3', '481.4', '481.5', '481.6', '481.7', '481.8', '481.9', '481.10', '481.11', '481.12']; // prettier-ignore

/**
 * Whether objects of this class have no pixels. Of classes outside the standard, and of a DICOMDIR, nothing is expected; images of the standard
 * that have none were cut off.
 *
 * @param sized it has rows and columns
 */
export function isWithoutImage(sopClass: string, sized: boolean): boolean {
  if (!sopClass.startsWith(STORAGE)) return sopClass !== '' && !sized;
  const end = sopClass.slice(STORAGE.length);
  return WITHOUT_PIXELS.some((kind) => end === kind || (kind !== '66' && end.startsWith(`${kind}.`)));
}

/** Segmentations (PS3.3 A.51), which this server writes and does not read. */
export const isSegmentation = (sopClass: string) => [`${STORAGE}66.4`, `${STORAGE}66.7`].includes(sopClass);
