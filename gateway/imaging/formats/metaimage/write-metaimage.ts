import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { IDENTITY } from '../../geometry';
import type { Volume } from '../../volume';
import { lpsOf } from '../lps-geometry';
import type { NiftiDtype } from '../nifti/datatypes';
import { writtenArray } from '../written-array';

export interface EncodeMhaOptions {
  /** Voxel type in the file. Integers: fractions cut off, values beyond the type refused. */
  dtype: NiftiDtype;
  /** zlib, else raw. @default true */
  compress?: boolean;
}

const types: Record<NiftiDtype, string> = {
  uint8: 'MET_UCHAR',
  int8: 'MET_CHAR',
  int16: 'MET_SHORT',
  uint16: 'MET_USHORT',
  int32: 'MET_INT',
  uint32: 'MET_UINT',
  float32: 'MET_FLOAT',
  float64: 'MET_DOUBLE',
};

/**
 * Encodes a volume as MetaImage with its voxels in the same file (.mha): x fastest, little endian, channels of a voxel together.
 * `TransformMatrix` holds the directions of the axes one after the other, in LPS, each of length 1.
 * @see https://itk.org/Wiki/MetaIO/Documentation
 */
export async function encodeMha(volume: Volume, { dtype, compress = true }: EncodeMhaOptions): Promise<Buffer> {
  const { bytes, size, channels } = writtenArray(volume, dtype);
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
    `ElementType = ${types[dtype]}`,
    'ElementDataFile = LOCAL',
    '',
  ];
  return Buffer.concat([Buffer.from(header.join('\n'), 'latin1'), voxels]);
}
