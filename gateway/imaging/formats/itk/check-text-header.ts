import { ImageError } from '../../image-error';
import type { FileHead } from '../file-head';

const MAX_VOXEL_BYTES = 2 ** 32 - 1;
const MAX_DEFLATE_RATIO = 1032;

/** Bytes per value by NRRD's and MetaImage's type names; the first pattern that fits counts. */
const sizes: readonly [RegExp, number][] = [
  [/64|double|longlong|long long|met_u?long_long/i, 8],
  [/16|short/i, 2],
  [/\b(u?int8(_t)?|(un)?signed char|uchar)\b|met_u?char/i, 1],
  [/32|int|float|long/i, 4],
];

/** NRRD's names for how the voxels are written, as far as ITK reads them here. */
const readEncodings = new Set(['raw', 'gzip', 'gz', 'ascii', 'text', 'txt', 'hex']);

/**
 * What can be told from the text header of a NRRD or MetaImage before ITK allocates anything: that the voxels lie in another file, or
 * that there cannot be as many as it says.
 *
 * @throws ImageError `unsupported` for detached data, `unreadable` for a header that promises more than the file holds
 */
export function checkTextHeader(head: FileHead, format: string): void {
  if (format !== 'nrrd' && format !== 'mha') return;
  const { name, size } = head;
  const text = head.bytes
    .toString('latin1')
    .split(format === 'nrrd' ? /\r?\n\r?\n/ : /(?<=ElementDataFile\s*=.*\n)/)[0];
  const field = (pattern: RegExp) => text.match(pattern)?.[1].trim();

  const elsewhere = format === 'nrrd' ? field(/^data ?file:(.*)$/im) : field(/^ElementDataFile\s*=(.*)$/m);
  if (elsewhere !== undefined && elsewhere !== 'LOCAL') {
    throw new ImageError(
      'unsupported',
      `"${name}" is a header whose voxels lie in "${elsewhere}"; send the image as one file`,
    );
  }

  const encoding = format === 'nrrd' ? (field(/^encoding:(.*)$/m) ?? 'raw').toLowerCase() : 'raw';
  if (!readEncodings.has(encoding))
    throw new ImageError(
      'unsupported',
      `"${name}" has the encoding "${encoding}", which is not read; write it as gzip, raw or ascii`,
    );

  const lengths =
    (format === 'nrrd' ? field(/^sizes:(.*)$/m) : field(/^DimSize\s*=(.*)$/m))?.split(/\s+/).map(Number) ?? [];
  const type = (format === 'nrrd' ? field(/^type:(.*)$/m) : field(/^ElementType\s*=(.*)$/m)) ?? '';
  if (lengths.length === 0 || !lengths.every((length) => Number.isInteger(length) && length > 0)) {
    throw new ImageError('unreadable', `"${name}" has impossible dimensions: "${lengths.join(' ')}"`);
  }
  const channels = format === 'mha' ? Number(field(/^ElementNumberOfChannels\s*=(.*)$/m) ?? 1) : 1;
  const bytes = lengths.reduce((a, b) => a * b, channels * (sizes.find(([pattern]) => pattern.test(type))?.[1] ?? 1));
  const packed = format === 'nrrd' ? !/^encoding:\s*raw/m.test(text) : /^CompressedData\s*=\s*True/im.test(text);
  if (bytes > size * (packed ? MAX_DEFLATE_RATIO : 1)) {
    const promise = `its header promises ${lengths.join(' x ')} voxels (${bytes} bytes), the file has ${size} bytes`;
    throw new ImageError('unreadable', `"${name}" is truncated; ${promise}`);
  }
  if (bytes > MAX_VOXEL_BYTES) throw new ImageError('unsupported', `"${name}" is too large: ${bytes} voxel bytes`);
}
