import { ImageError } from '../../image-error';
import type { DecodedImage } from '../decoded-image';
import type { FileHead } from '../file-head';
import type { DicomImage } from './image/frame';
import { isSegmentation } from './image/kinds';
import { readImage, withName } from './image/read-image';
import { readVolume, type VolumeOptions } from './read-volume';
import { affineOfOne, stackSlices } from './series/slice-stack';

/**
 * One DICOM file as a volume: see {@link volumeOf}.
 * @throws ImageError also when its frames are not one regular stack
 */
export async function readDicomFile({ path, name }: Pick<FileHead, 'path' | 'name'>, options?: VolumeOptions): Promise<DecodedImage> {
  const image = await readImage(path, name);
  if (!image) throw new ImageError('unreadable', `"${name}" is a DICOM object without an image`);
  return volumeOf([image], name, options);
} // prettier-ignore

/**
 * The frames of DICOM objects as one volume: sorted along the normal of the slices, columns fastest, then rows, then slices; affine in RAS.
 *
 * @param images of one series
 * @param name what the user calls them
 * @throws ImageError when the frames are not one regular stack, or one of them cannot be decoded
 */
export async function volumeOf(images: readonly DicomImage[], name: string, options?: VolumeOptions): Promise<DecodedImage> {
  const segmentation = images.find(({ sopClass }) => isSegmentation(sopClass));
  if (segmentation) throw refuseSegmentation(segmentation);
  const frames = images.flatMap((image) => image.frames);
  if (frames.length === 1) {
    const [frame] = frames;
    return readVolume({ slices: [frame], affine: affineOfOne(frame) }, name, options);
  }
  for (const { name: file, modality, frames: some } of images)
    if (some.length > 1 && some.some(({ position }) => !position))
      throw new ImageError('unsupported', `"${file}" has ${some.length} frames${modality && ` (${modality})`}, and does not say where each of them lies; a volume needs the position of every frame`);
  const [only] = images;
  if (images.length > 1) return readVolume(stackSlices(frames), name, options);
  try {
    return await readVolume(stackSlices(frames), name, options);
  } catch (error) {
    throw error instanceof ImageError && !error.message.startsWith('"') ? withName(error, only.name) : error;
  }
} // prettier-ignore

export const refuseSegmentation = ({ name }: DicomImage) =>
  new ImageError('unsupported', `"${name}" is a DICOM Segmentation, a mask; send the images it was made of`);
