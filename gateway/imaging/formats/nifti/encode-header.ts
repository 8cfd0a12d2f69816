import { ImageError } from '../../image-error';
import type { Geometry } from './result-geometry';

/** Header, four zero bytes ("no extensions"), then the voxels. */
export const VOXELS_AT = 352;

/**
 * A NIfTI-1 header of 352 bytes (little endian, slope 1, intercept 0), ready for voxels behind it.
 *
 * @param dim lengths of the axes, 1 to 7
 * @param geometry written as it is; of an input file's header this gives the same bytes again (NIfTI-2 numbers are rounded to float32)
 * @throws ImageError when an axis is longer than NIfTI-1 can say (32767)
 */
export function encodeNiftiHeader(
  dim: readonly number[],
  datatype: { code: number; bytes: number },
  geometry: Geometry,
): Buffer {
  if (dim.some((length) => length > 32767)) {
    throw new ImageError('unsupported', `NIfTI-1 cannot hold an axis longer than 32767: ${dim.join(' x ')}`);
  }
  const header = Buffer.alloc(VOXELS_AT);
  const floats = (offset: number, values: readonly number[]) =>
    values.forEach((value, i) => header.writeFloatLE(value, offset + 4 * i));
  header.writeInt32LE(348, 0);
  [dim.length, ...dim, ...Array<number>(7 - dim.length).fill(1)].forEach((length, d) =>
    header.writeInt16LE(length, 40 + 2 * d),
  );
  header.writeInt16LE(datatype.code, 70);
  header.writeInt16LE(8 * datatype.bytes, 72);
  floats(76, geometry.pixdim);
  floats(108, [VOXELS_AT, 1, 0]);
  header.writeUInt8(geometry.xyztUnits & 0xff, 123);
  header.writeInt16LE(geometry.qformCode, 252);
  header.writeInt16LE(geometry.sformCode, 254);
  floats(256, geometry.quatern);
  floats(268, geometry.qoffset);
  floats(280, geometry.srow);
  header.write('n+1\0', 344, 'latin1');
  return header;
}
