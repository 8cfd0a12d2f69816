import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ImageError, unreadable, unsupported } from '../../image-error';
import type { DecodedImage, OtherFile, ReadOptions } from '../decoded-image';
import { inParallel } from '../file-head';
import type { ImageFormat } from '../image-format';
import { looksLikeDicom, NoElements } from './file/encoding';
import type { DicomImage } from './image/frame';
import { isSegmentation, readImage, withName } from './image/read-image';
import { readVolume } from './read-volume';
import { kindOfOther, refuseDamaged, tellLeftOut } from './series/left-out';
import { checkSeries } from './series/same-grid';
import { affineOfOne, stackSlices } from './series/slice-stack';
import { say } from '../../../sentence';

/** One DICOM file; a folder of them is {@link readDicomSeries}. */
export const dicom: ImageFormat = {
  name: 'dicom',
  suffix: '.dcm',
  matches: looksLikeDicom,
  read: async ({ path, name }, options) => {
    const image = await readImage(path, name);
    if (!image) throw unreadable(say`"${name}" is a DICOM object without an image`);
    return volumeOf([image], name, options);
  },
};

/** The frames of a series as one volume, sorted along the normal; affine in RAS. @throws ImageError for an irregular stack or a damaged frame */
async function volumeOf(images: readonly DicomImage[], name: string, options: ReadOptions): Promise<DecodedImage> {
  const segmentation = images.find(({ sopClass }) => isSegmentation(sopClass));
  if (segmentation) throw refuseSegmentation(segmentation);
  const frames = images.flatMap((image) => image.frames);
  if (frames.length === 1) {
    const [frame] = frames;
    return readVolume({ slices: [frame], affine: affineOfOne(frame) }, name, options);
  }
  for (const { name: file, modality, frames: some } of images)
    if (some.length > 1 && some.some(({ position }) => !position)) {
      const what = say`"${file}" has ${some.length} frames${modality && say` (${modality})`}, and does not say where each of them lies`;
      throw unsupported(say`${what}; a volume needs the position of every frame`);
    }
  try {
    return await readVolume(stackSlices(frames), name, options);
  } catch (error) {
    const isUnnamed = images.length === 1 && error instanceof ImageError && !error.message.startsWith('"');
    throw isUnnamed ? withName(error, images[0].name) : error;
  }
}

const refuseSegmentation = ({ name }: DicomImage) =>
  unsupported(say`"${name}" is a DICOM Segmentation, a mask; send the images it was made of`);

/**
 * A folder of DICOM files as one volume; objects without pixels, segmentations and other files are left out, with a warning.
 * @throws ImageError for several series, slices that are not one regular stack, and damaged files
 */
export async function readDicomSeries(
  directory: string,
  name: string,
  options: ReadOptions = {},
): Promise<DecodedImage> {
  const entries = await readdir(directory, { withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(directory, entry.name));
  const nameOf = (path: string) => (options.names ? options.names.get(basename(path)) : basename(path));
  const found = await inParallel(paths, (path) => recognise(path, nameOf(path)));
  const withPixels = found.filter((one) => 'frames' in one);
  const [segmentations, images] = [true, false].map((wanted) =>
    withPixels.filter(({ sopClass }) => isSegmentation(sopClass) === wanted),
  );
  const others = [...(options.others ?? []), ...found.filter((one) => 'kind' in one)];
  if (images.length === 0) {
    if (segmentations.length > 0) throw refuseSegmentation(segmentations[0]);
    const [told] = tellLeftOut(others);
    throw unreadable(say`"${name}" holds no DICOM image${told ? say`; ${told.text.slice(0, -1)}` : ''}`);
  }
  others.push(...segmentations.map((one) => ({ kind: 'DICOM segmentations', name: one.name, known: true })));
  refuseDamaged(others, images.map((image) => image.name)); // prettier-ignore
  const warnings = [...tellLeftOut(others), ...checkSeries(images, name, options.series)];
  const image = await volumeOf(images, name, options);
  return { ...image, warnings: [...warnings, ...(image.warnings ?? [])] };
}

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
