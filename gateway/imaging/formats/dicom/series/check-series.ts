import { ImageError } from '../../../image-error';
import type { DicomImage } from '../image/frame';

/**
 * That all images are of one series and one frame of reference.
 * @returns what the user should know
 * @throws ImageError with a list of the series: which one the user looks at cannot be guessed
 */
export function checkSeries(images: readonly DicomImage[], name: string): string[] {
  const series = groupedBy(images, (image) => image.series);
  if (series.size > 1) {
    const list = [...series.values()].sort((a, b) => b.length - a.length).map((some) => {
      const [{ modality, description, series: uid }] = some;
      return `${some.length} images of ${[modality, description && `"${description}"`, uid].filter(Boolean).join(' ')}`;
    });
    throw new ImageError('unsupported', `"${name}" holds ${series.size} series, send one: ${list.join('; ')}`);
  }
  const references = groupedBy(images, (image) => image.frameOfReference);
  if (references.size === 1) return [];
  // Programs that hide who the patient is give each file a UID of its own.
  if (references.size === images.length && images.length > 2)
    return ['Each image of the series names another frame of reference; their positions were taken to be those of one.'];
  const list = [...references].map(([uid, some]) => `${some.length} images in ${uid || 'none'}`).join('; ');
  throw new ImageError('unsupported', `"${name}" has images in ${references.size} frames of reference, whose positions cannot be compared: ${list}`);
} // prettier-ignore

function groupedBy(images: readonly DicomImage[], key: (image: DicomImage) => string): Map<string, DicomImage[]> {
  const groups = new Map<string, DicomImage[]>();
  for (const image of images) {
    const group = groups.get(key(image));
    if (group) group.push(image);
    else groups.set(key(image), [image]);
  }
  return groups;
}
