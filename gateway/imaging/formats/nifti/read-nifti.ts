import { ImageError } from '../../image-error';
import { firstAxisFastest, sizeOf } from '../../volume';
import { allocateUnset } from '../../../array-memory';
import type { Axes, Volume } from '../../volume';
import { CHUNK, writeRealValues } from '../decoded-image';
import type { DecodedImage } from '../decoded-image';
import { contentOf } from '../file-head';
import type { FileHead } from '../file-head';
import { datatypeOf } from './datatypes';
import type { NiftiDatatype } from './datatypes';
import { affineOf } from './geometry';
import { parseNiftiHeader } from './header';
import type { NiftiHeader } from './header';
import { voxelsIn } from './voxels';

/** Most voxel bytes a file may hold: what one typed array can carry everywhere. */
const MAX_VOXEL_BYTES = 2 ** 32 - 1;
/** How much each compression can shrink data at most; a zstd block of 128 KB takes four bytes when it repeats one. */
const MAX_RATIO = { none: 1, gzip: 1032, zstd: 32768 };
/** Bytes after the voxels that are still read, so that gzip's checksum at the end is verified. */
const MAX_TRAILING_BYTES = 1 << 20;

/**
 * Decodes a NIfTI-1 or -2 file, plain, gzip or zstd, in one pass: the voxels are inflated straight into their final (shared) array,
 * whose size is known from the header, and swapped there when the file has the other byte order.
 *
 * The volume keeps file order (x fastest) and voxel type; 64-bit integers become float64; RGB and 4-D files get a last axis `C`;
 * trailing axes of length 1 beyond the third are dropped; a file with two axes is `XY`.
 *
 * @throws ImageError for damaged and truncated files, and for what we do not read (pairs, complex, more than four axes)
 */
export async function readNifti(head: FileHead): Promise<DecodedImage> {
  const { header, datatype, bytes, volume } = planOf(head);
  const storage = allocateUnset(Uint8Array, bytes);
  let filled = 0;
  await readVoxels(head, header.voxOffset, bytes, (piece) => {
    storage.set(piece, filled);
    filled += piece.length;
  });
  const data = voxelsIn(storage, header, datatype, head.name);
  return { format: 'nifti', volume: { ...volume, data }, slope: header.slope, intercept: header.inter };
}

/**
 * `toFloat32(await readNifti(head))` without the array between them: pieces are converted while zlib's thread inflates the next ones.
 * @throws ImageError as {@link readNifti}
 */
export async function readNiftiAsFloat32(head: FileHead): Promise<Volume<Float32Array>> {
  const { header, datatype, bytes, volume } = planOf(head);
  const bytesPerValue = datatype.bytes / datatype.channels;
  const data = allocateUnset(Float32Array, bytes / bytesPerValue);
  const stage = new Uint8Array(CHUNK * bytesPerValue);
  let staged = 0;
  let done = 0;
  const convert = () => {
    const values = voxelsIn(stage.subarray(0, staged), header, datatype, head.name);
    writeRealValues(values, header.slope, header.inter, data, done);
    done += values.length;
    staged = 0;
  };
  await readVoxels(head, header.voxOffset, bytes, (piece) => {
    for (let used = 0; used < piece.length;) {
      const part = piece.subarray(used, used + stage.length - staged);
      stage.set(part, staged);
      staged += part.length;
      used += part.length;
      if (staged === stage.length) convert();
    }
  });
  convert();
  return { ...volume, data };
}

/** All that the header tells: how much there is to read, and the volume without its voxels. */
function planOf(head: FileHead) {
  const { name } = head;
  const header = parseNiftiHeader(head.bytes, name);
  const datatype = datatypeOf(header.datatype, name);
  const layout = layoutOf(header, datatype, name);
  const bytes = sizeOf(header.dim) * datatype.bytes;
  checkPlausible(head, header, bytes);
  const affine = affineOf(header);
  const volume: Omit<Volume, 'data'> = {
    ...layout,
    affine,
    properties: {
      originalAffine: affine,
      filename: name,
      originalChannelDim: layout.axes.endsWith('C') ? layout.axes.length - 1 : 'no_channel',
      header,
    },
  };
  return { header, datatype, bytes, volume };
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

/** Refuses, before anything is allocated, a header that promises more voxels than the file can possibly hold. */
function checkPlausible(head: FileHead, header: NiftiHeader, bytes: number): void {
  const promise = `its header promises ${header.dim.join(' x ')} voxels (${bytes} bytes)`;
  if (bytes > head.size * MAX_RATIO[head.compression]) {
    const held =
      head.compression !== 'none' ? '' : `: ${Math.max(head.size - header.voxOffset, 0)} of ${bytes} voxel bytes`;
    throw new ImageError(
      'unreadable',
      `"${head.name}" is truncated${held}; ${promise}, the file has ${head.size} bytes`,
    );
  }
  if (bytes > MAX_VOXEL_BYTES) throw new ImageError('unsupported', `"${head.name}" is too large: ${promise}`);
}

/**
 * Hands the `bytes` bytes of the content from `offset` on to `take`, in order and in pieces that are valid until it returns; reads on to
 * the end of a compressed stream, for its checksum and to see that it is whole.
 */
async function readVoxels(
  head: FileHead,
  offset: number,
  bytes: number,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  let skip = offset;
  let taken = 0;
  let trailing = 0;
  try {
    for await (const chunk of contentOf(head)) {
      const start = Math.min(skip, chunk.length);
      const end = Math.min(chunk.length, start + bytes - taken);
      take(chunk.subarray(start, end));
      skip -= start;
      taken += end - start;
      trailing += chunk.length - end;
      if (taken === bytes && (head.compression === 'none' || trailing > MAX_TRAILING_BYTES)) return;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR' && taken < bytes) throw truncated(head, taken, bytes, cause);
    if (code?.startsWith('Z_'))
      throw new ImageError('unreadable', `"${head.name}": damaged gzip data (${message})`, { cause });
    throw cause;
  }
  if (taken < bytes) throw truncated(head, taken, bytes);
}

function truncated(head: FileHead, filled: number, wanted: number, cause?: unknown): ImageError {
  return new ImageError('unreadable', `"${head.name}" is truncated: ${filled} of ${wanted} voxel bytes`, { cause });
}
