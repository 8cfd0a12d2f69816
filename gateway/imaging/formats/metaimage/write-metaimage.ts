import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { IDENTITY } from '../../geometry';
import type { Volume } from '../../volume';
import { lpsOf } from '../vectors';
import { writtenVoxels, type EncodeOptions } from '../written-voxels';
import { metaTypes } from './metaimage';

/**
 * Encodes a volume as MetaImage with its voxels in the same file (.mha): x fastest, little endian, channels of a voxel together.
 * `TransformMatrix` holds the directions of the axes one after the other, in LPS, each of length 1.
 * @see https://itk.org/Wiki/MetaIO/Documentation
 */
export async function encodeMha(volume: Volume, { dtype, compress = true }: EncodeOptions): Promise<Buffer> {
  const { bytes, size, channels } = writtenVoxels(volume, dtype);
  const { origin, steps } = lpsOf(volume.affine ?? IDENTITY);
  const spacing = steps.map((step) => Math.hypot(...step) || 1);
  const directions = steps.flatMap((step, axis) => step.map((value) => value / spacing[axis]));
  const voxels = compress ? await promisify(deflate)(bytes, { level: 1, chunkSize: 1 << 18 }) : bytes;
  const header = [
    'ObjectType = Image',
    'NDims = 3',
    'BinaryData = True',
    'BinaryDataByteOrderMSB = False',
    `CompressedData = ${compress ? 'True' : 'False'}`,
    ...(compress ? [`CompressedDataSize = ${voxels.length}`] : []),
    `TransformMatrix = ${directions.join(' ')}`,
    `Offset = ${origin.join(' ')}`,
    'CenterOfRotation = 0 0 0',
    `ElementSpacing = ${spacing.join(' ')}`,
    `DimSize = ${size.join(' ')}`,
    ...(channels > 1 ? [`ElementNumberOfChannels = ${channels}`] : []),
    `ElementType = ${metaTypes[dtype][0]}`,
    'ElementDataFile = LOCAL',
    '',
  ];
  return Buffer.concat([Buffer.from(header.join('\n'), 'latin1'), voxels]);
}
