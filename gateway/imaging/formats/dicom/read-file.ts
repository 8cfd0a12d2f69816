import { ImageError } from '../../image-error';
import type { NumericArray, Volume } from '../../volume';
import { allocateUnset } from '../../../array-memory';
import type { DecodedImage } from '../decoded-image';
import type { FileHead } from '../file-head';
import { readWithItk } from '../itk/read-itk';
import { readSliceHeader, type SliceHeader } from './read-header';
import { stackSlices } from './slice-stack';

/**
 * One DICOM file. Frames of an object that has several are placed, sorted and checked like the files of a series: ITK itself takes the first
 * two and believes that the others go on like that.
 *
 * @throws ImageError also when its frames are not one regular stack
 */
export async function readDicomFile(head: FileHead): Promise<DecodedImage> {
  // What is wrong with the file as a whole, ITK says.
  const header = await readSliceHeader(head.path, head.name).catch(() => undefined);
  const image = await readWithItk(head, 'dicom');
  return header && header.frames > 1 ? { ...image, volume: placed(image.volume, header, head.name) } : image;
}

function placed(volume: Volume, header: SliceHeader, name: string): Volume {
  const { frames, modality, frameGroups } = header;
  const { positions = [], orientations = [], spacings = [] } = frameGroups ?? {};
  if (positions.length !== frames)
    throw new ImageError('unsupported', `"${name}" has ${frames} frames${modality && ` (${modality})`}, and does not say where each of them lies; a volume needs the position of every frame`);
  const of = (list: number[][], at: number) => list[list.length === 1 ? 0 : at];
  const each = positions.map((position, at): SliceHeader => ({
    ...header, instance: at, position, orientation: of(orientations, at) ?? header.orientation, spacing: of(spacings, at) ?? header.spacing,
  }));
  const { slices, affine } = stackSlices(each);
  const properties = { ...volume.properties, originalAffine: affine };
  return { ...inOrder(volume, slices.map(({ instance }) => instance), name), affine, properties };
} // prettier-ignore

/** The frames put into another order. */
function inOrder(volume: Volume, order: readonly number[], name: string): Volume {
  const { data, shape, strides } = volume;
  if (volume.axes !== 'XYZ' || shape[2] !== order.length)
    throw new ImageError('unsupported', `"${name}" has colours in ${order.length} frames; grey volumes are read`);
  if (order.every((frame, at) => frame === at)) return volume;
  const size = strides[2];
  const sorted = allocateUnset(data.constructor as Parameters<typeof allocateUnset<NumericArray>>[0], data.length);
  order.forEach((frame, at) => sorted.set(data.subarray(frame * size, (frame + 1) * size), at * size));
  return { ...volume, data: sorted };
} // prettier-ignore
