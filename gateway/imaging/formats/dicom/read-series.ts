import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ImageError } from '../../image-error';
import type { DecodedImage } from '../decoded-image';
import { NoElements } from './file/encoding';
import type { DicomImage } from './image/frame';
import { isSegmentation } from './image/kinds';
import { readImage } from './image/read-image';
import { inParallel } from './in-parallel';
import { refuseSegmentation, volumeOf } from './read-file';
import type { VolumeOptions } from './read-volume';
import { checkSeries } from './series/check-series';
import { kindOfOther, refuseDamaged, tellLeftOut, type OtherFile } from './series/left-out';

export interface SeriesOptions extends VolumeOptions {
  /** What the user calls the files, by their names in the folder; what is missing there is called by its UID. @default names in the folder */
  names?: ReadonlyMap<string, string>;
  /** Files that came with them and were left out already. @default none */
  others?: readonly OtherFile[];
}

/**
 * A folder of DICOM files as one volume: see {@link volumeOf}. Objects without pixels, segmentations, and files that are not DICOM are left out,
 * with a warning that counts them.
 *
 * A folder with several series is refused with their list: which one the user looks at cannot be guessed.
 *
 * @throws ImageError when the files are not one regular stack of slices, or one of them is damaged
 */
export async function readDicomSeries(directory: string, name: string, options: SeriesOptions = {}): Promise<DecodedImage> {
  const entries = await readdir(directory, { withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(directory, entry.name));
  const nameOf = (path: string) => (options.names ? options.names.get(basename(path)) : basename(path));
  const found = await inParallel(paths, (path) => recognise(path, nameOf(path)));
  const withPixels = found.filter((one) => 'frames' in one);
  const images = withPixels.filter(({ sopClass }) => !isSegmentation(sopClass));
  const others = [...(options.others ?? []), ...found.filter((one) => 'kind' in one)];
  if (images.length === 0) {
    if (withPixels.length > 0) throw refuseSegmentation(withPixels[0]);
    const [told] = tellLeftOut(others);
    throw new ImageError('unreadable', `"${name}" holds no DICOM image${told ? `; ${told.slice(0, -1)}` : ''}`);
  }
  for (const { sopClass, name: file } of withPixels)
    if (isSegmentation(sopClass)) others.push({ kind: 'DICOM segmentations', name: file, known: true });
  refuseDamaged(others, images.map((image) => image.name));
  const warnings = [...tellLeftOut(others), ...checkSeries(images, name)];
  const image = await volumeOf(images, name, options);
  return { ...image, warnings: [...warnings, ...(image.warnings ?? [])] };
} // prettier-ignore

async function recognise(path: string, name: string | undefined): Promise<DicomImage | OtherFile> {
  const called = name ?? basename(path);
  try {
    return (await readImage(path, name)) ?? { kind: 'DICOM objects without pixels', name: called, known: true };
  } catch (error) {
    const isOther = error instanceof ImageError && error.cause instanceof NoElements;
    const other = isOther && (await kindOfOther({ path, name: called }));
    if (other) return other;
    throw error;
  }
}
