import { ImageError } from '../../image-error';
import { allocate, firstAxisFastest, sizeOf } from '../../volume';
import type { Axes, NumericArray, Volume } from '../../volume';
import type { DecodedImage } from '../decoded-image';
import { contentOf } from '../file-head';
import type { FileHead } from '../file-head';
import { datatypeOf } from './datatypes';
import type { NiftiDatatype } from './datatypes';
import { affineOf } from './geometry';
import { parseNiftiHeader } from './header';
import type { NiftiHeader } from './header';

/** Most voxel bytes a file may hold: what one typed array can carry everywhere. */
const MAX_VOXEL_BYTES = 2 ** 32 - 1;
/** Deflate cannot shrink data more than this. */
const MAX_DEFLATE_RATIO = 1032;
/** Bytes after the voxels that are still read, so that gzip's checksum at the end is verified. */
const MAX_TRAILING_BYTES = 1 << 20;

/**
 * Decodes a NIfTI-1 or -2 file, plain or gzip, in one pass: the voxels are inflated straight into their final (shared) array,
 * whose size is known from the header, and swapped there when the file has the other byte order.
 *
 * The volume keeps file order (x fastest) and voxel type; 64-bit integers become float64; RGB and 4-D files get a last axis `C`;
 * trailing axes of length 1 beyond the third are dropped; a file with two axes is `XY`.
 *
 * @throws ImageError for damaged and truncated files, and for what we do not read (pairs, complex, more than four axes)
 */
export async function readNifti(head: FileHead): Promise<DecodedImage> {
  const { name } = head;
  const header = parseNiftiHeader(head.bytes, name);
  const datatype = datatypeOf(header.datatype, name);
  const layout = layoutOf(header, datatype, name);
  const bytes = sizeOf(header.dim) * datatype.bytes;
  checkPlausible(head, header, bytes);

  const storage = allocate(Uint8Array, bytes);
  await fill(storage, head, header.voxOffset);
  if (!header.littleEndian) swapBytes(storage, datatype.bytes / datatype.channels);

  const affine = affineOf(header);
  const volume: Volume = {
    data: voxelsIn(storage, datatype, name),
    ...layout,
    affine,
    properties: {
      originalAffine: affine,
      filename: name,
      originalChannelDim: layout.axes.endsWith('C') ? layout.axes.length - 1 : 'no_channel',
      header,
    },
  };
  return { format: 'nifti', volume, slope: header.slope, intercept: header.inter };
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
  if (bytes > head.size * (head.gzip ? MAX_DEFLATE_RATIO : 1)) {
    const held = head.gzip ? '' : `: ${Math.max(head.size - header.voxOffset, 0)} of ${bytes} voxel bytes`;
    throw new ImageError(
      'unreadable',
      `"${head.name}" is truncated${held}; ${promise}, the file has ${head.size} bytes`,
    );
  }
  if (bytes > MAX_VOXEL_BYTES) throw new ImageError('unsupported', `"${head.name}" is too large: ${promise}`);
}

/** Copies the content from byte `offset` on into `target`, and reads on to the end of the gzip stream for its checksum. */
async function fill(target: Uint8Array, head: FileHead, offset: number): Promise<void> {
  let skip = offset;
  let filled = 0;
  let trailing = 0;
  try {
    for await (const chunk of contentOf(head)) {
      const start = Math.min(skip, chunk.length);
      const end = Math.min(chunk.length, start + target.length - filled);
      target.set(chunk.subarray(start, end), filled);
      skip -= start;
      filled += end - start;
      trailing += chunk.length - end;
      if (filled === target.length && (!head.gzip || trailing > MAX_TRAILING_BYTES)) return;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR' && filled < target.length) throw truncated(head, filled, target.length, cause);
    if (code?.startsWith('Z_'))
      throw new ImageError('unreadable', `"${head.name}": damaged gzip data (${message})`, { cause });
    throw cause;
  }
  if (filled < target.length) throw truncated(head, filled, target.length);
}

function truncated(head: FileHead, filled: number, wanted: number, cause?: unknown): ImageError {
  return new ImageError('unreadable', `"${head.name}" is truncated: ${filled} of ${wanted} voxel bytes`, { cause });
}

function swapBytes(storage: Uint8Array, bytesPerValue: number): void {
  const buffer = Buffer.from(storage.buffer, storage.byteOffset, storage.byteLength);
  if (bytesPerValue === 2) buffer.swap16();
  if (bytesPerValue === 4) buffer.swap32();
  if (bytesPerValue === 8) buffer.swap64();
}

function voxelsIn({ buffer, byteOffset, byteLength }: Uint8Array, datatype: NiftiDatatype, name: string): NumericArray {
  const length = byteLength / (datatype.bytes / datatype.channels);
  switch (datatype.name) {
    case 'int8':
      return new Int8Array(buffer, byteOffset, length);
    case 'int16':
      return new Int16Array(buffer, byteOffset, length);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'int64':
    case 'uint64':
      return widenInPlace(new Uint32Array(buffer, byteOffset, 2 * length), datatype.name === 'int64', name);
    default:
      return new Uint8Array(buffer, byteOffset, length);
  }
}

/** 64-bit integers, little endian as pairs of words, turned into float64 where they lie. Exact up to 2^53; refused beyond. */
function widenInPlace(words: Uint32Array, signed: boolean, name: string): Float64Array {
  const values = new Float64Array(words.buffer, words.byteOffset, words.length / 2);
  for (let i = 0; i < values.length; i++) {
    const high = signed ? words[2 * i + 1] | 0 : words[2 * i + 1];
    if (high >= 2 ** 21 || high < -(2 ** 21)) {
      throw new ImageError('unsupported', `"${name}" holds 64-bit integers beyond 2^53, which would be rounded`);
    }
    values[i] = high * 2 ** 32 + words[2 * i];
  }
  return values;
}
