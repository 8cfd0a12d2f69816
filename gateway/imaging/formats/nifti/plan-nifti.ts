import { ImageError } from '../../image-error';
import { firstAxisFastest, sizeOf } from '../../volume';
import type { Affine, Axes, Volume } from '../../volume';
import type { FileHead } from '../file-head';
import type { ImagePlan } from '../image-plan';
import type { ReadOptions } from '../read-options';
import { bytesOf } from '../value-types';
import { checkRoom } from '../voxel-source';
import type { VoxelSource } from '../voxel-source';
import { datatypeOf } from './datatypes';
import type { NiftiDatatype } from './datatypes';
import { affineOf } from './geometry';
import { parseNiftiHeader } from './header';
import type { NiftiHeader } from './header';
import { inMillimetres } from './units';

/**
 * How a NIfTI-1 or -2 file is read, plain, gzip or zstd.
 *
 * The volume keeps file order (x fastest) and voxel type; RGB and 4-D files get a last axis `C`; trailing axes of length 1 beyond the third are
 * dropped; a file with two axes is `XY`.
 *
 * @throws ImageError for what is truncated or damaged, and for what we do not read (pairs, complex, more than four axes)
 */
export function planNifti(head: FileHead, { niftiUnits = 'convert', converted = false }: ReadOptions = {}): ImagePlan {
  const { name, path, size, compression } = head;
  const header = parseNiftiHeader(head.bytes, name);
  const datatype = datatypeOf(header.datatype, name);
  const layout = layoutOf(header, datatype, name);
  const bytes = sizeOf(header.dim) * datatype.channels * bytesOf(datatype.value);
  const encoding = compression === 'none' ? 'raw' : compression;
  const source: VoxelSource = { path, name, from: 0, to: size, encoding, skip: header.voxOffset };
  checkRoom(source, bytes, header.dim);
  const inUnit = affineOf(header);
  const affine = niftiUnits === 'convert' ? inMillimetres(inUnit, header) : inUnit;
  checkAffine(affine, name);
  const originalChannelDim = layout.axes.endsWith('C') ? layout.axes.length - 1 : 'no_channel';
  return {
    format: 'nifti',
    volume: {
      ...layout,
      affine,
      properties: {
        originalAffine: affine,
        filename: name,
        originalChannelDim,
        header: converted ? undefined : header,
      },
    },
    type: datatype.value,
    littleEndian: header.littleEndian,
    bytes,
    slope: header.slope,
    intercept: header.inter,
    source,
    warnings: [],
  };
}

/** @throws ImageError when the form that places the voxels is not made of numbers */
function checkAffine(affine: Affine, name: string): void {
  if (affine.every(Number.isFinite)) return;
  throw new ImageError('unreadable', `"${name}" lies nowhere: its affine is [${affine.slice(0, 12).join(', ')}]`);
}

function layoutOf(
  header: NiftiHeader,
  datatype: NiftiDatatype,
  name: string,
): Pick<Volume, 'shape' | 'strides' | 'axes'> {
  const dim = [...header.dim];
  while (dim.length > 3 && dim[dim.length - 1] === 1) dim.pop();
  const spatial = dim.slice(0, 3);
  // Vectors lie on the fifth axis, time points and channels on the fourth: either may be our channel axis, not both.
  const channels = dim.slice(3).filter((length) => length > 1);
  if (spatial.length < 2 || channels.length > 1 || (channels.length > 0 && datatype.channels > 1)) {
    throw new ImageError(
      'unsupported',
      `"${name}" has the dimensions ${header.dim.join(' x ')} of ${datatype.name}; two or three spatial axes and one channel axis are read`,
    );
  }
  const axes = spatial.length === 2 ? 'XY' : 'XYZ';
  if (datatype.channels > 1) {
    const strides = firstAxisFastest(spatial).map((stride) => stride * datatype.channels);
    return { shape: [...spatial, 3], strides: [...strides, 1], axes: `${axes}C` };
  }
  const shape = [...spatial, ...channels];
  return { shape, strides: firstAxisFastest(shape), axes: (channels.length ? `${axes}C` : axes) as Axes };
}
