import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { tooLarge, unreadable, unsupported } from '../../image-error';
import { sizeOf } from '../../volume';
import { contentOf, readHead, type FileHead, type NamedFile } from '../file-head';
import type { ReadOptions } from '../decoded-image';
import type { ImageFormat, JoinLimits } from '../image-format';
import { volumeOf, type FileAxes, type ImagePlan } from '../image-plan';
import { bytesOf } from '../value-types';
import { checkRoom, type VoxelSource } from '../voxel-source';
import { affineOf, inMillimetres } from './geometry';
import { datatypeOf, halfOfPair, niftiVersion, parseNiftiHeader, singleFileHeader, type NiftiHeader } from './header';
import { say } from '../../../sentence';

export const nifti: ImageFormat = {
  name: 'nifti',
  compressed: true,
  matches: (start) => niftiVersion(start) !== undefined,
  check: ({ bytes, name }) => {
    if (niftiVersion(bytes)?.paired) throw halfOfPair(name);
  },
  plan: planNifti,
};

/**
 * RGB and 4-D files get a last axis `C`; trailing axes of length 1 beyond the third are dropped; two axes make `XY`.
 * @throws ImageError for what is truncated or damaged, and for kinds that are not read (pairs, complex, more than four axes)
 */
function planNifti(head: FileHead, { niftiUnits = 'convert', converted = false }: ReadOptions): ImagePlan {
  const { name, path, size, compression } = head;
  const header = parseNiftiHeader(head.bytes, name);
  const { value: type, ...datatype } = datatypeOf(header.datatype, name);
  const axes = axesOf(header, datatype, name);
  const bytes = sizeOf(header.dim) * datatype.channels * bytesOf(type);
  const encoding = compression === 'none' ? 'raw' : compression;
  const source: VoxelSource = { path, name, from: 0, to: size, encoding, skip: header.voxOffset };
  checkRoom(source, bytes, header.dim);
  const inUnit = affineOf(header);
  const affine = niftiUnits === 'convert' ? inMillimetres(inUnit, header) : inUnit;
  if (!affine.every(Number.isFinite))
    throw unreadable(say`"${name}" lies nowhere: its affine is [${affine.slice(0, 12).join(', ')}]`);
  const volume = volumeOf(axes, name, affine, converted ? undefined : header);
  const { littleEndian, slope, inter: intercept } = header;
  return { format: 'nifti', volume, type, littleEndian, bytes, slope, intercept, source, warnings: [] };
}

function axesOf({ dim }: NiftiHeader, datatype: { name: string; channels: number }, name: string): FileAxes {
  const { channels } = datatype;
  const spatial = [0, 1, 2].slice(0, dim.length);
  // Vectors lie on the fifth axis, time points and channels on the fourth: either may be the channel axis, not both.
  const [channel, ...more] = dim.flatMap((length, d) => (d > 2 && length > 1 ? [d] : []));
  if (spatial.length < 2 || more.length > 0 || (channel !== undefined && channels > 1)) {
    const what = say`"${name}" has the dimensions ${dim.join(' x ')} of ${datatype.name}`;
    throw unsupported(say`${what}; two or three spatial axes and one channel axis are read`);
  }
  if (channels === 1) return { sizes: dim, spatial, channel };
  return { sizes: [channels, ...dim], spatial: spatial.map((d) => d + 1), channel: 0, kept: 3 };
}

/**
 * Writes a `.hdr`/`.img` pair as one file: magic and place of the voxels changed, no extensions; too few voxels show when it is decoded.
 * @throws ImageError when the header is not a NIfTI header of a pair, or the voxels are more than `maxBytes`; what `room` throws
 */
export async function joinPair(
  header: NamedFile,
  voxels: NamedFile,
  target: string,
  limits: JoinLimits,
): Promise<void> {
  const { bytes } = await readHead(header.path, header.name);
  const kind = niftiVersion(bytes);
  if (!kind?.paired) {
    const what = kind
      ? say`it is a whole NIfTI file`
      : say`ANALYZE files say nothing of left and right, and are not read`;
    throw unsupported(say`"${header.name}" is no NIfTI header of a .hdr/.img pair: ${what}`);
  }
  const { head, skip } = singleFileHeader(bytes, kind);
  const content = contentOf(await readHead(voxels.path, voxels.name));
  await pipeline(Readable.from(joined(head, content, skip, limits, voxels.name)), createWriteStream(target));
}

async function* joined(
  head: Buffer,
  voxels: AsyncIterable<Buffer>,
  skip: number,
  { maxBytes, room }: JoinLimits,
  name: string,
): AsyncGenerator<Buffer> {
  yield head;
  let bytes = 0;
  for await (const chunk of voxels) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(say`"${name}" holds more than ${maxBytes} bytes`);
    await room?.(bytes);
    const part = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - part.length;
    if (part.length > 0) yield part;
  }
}
