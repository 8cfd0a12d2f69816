import { ImageError } from '../../image-error';

/** A NIfTI header in its own terms, as plain numbers, so that it survives JSON-like cloning and can be written back unchanged. */
export interface NiftiHeader {
  version: 1 | 2;
  littleEndian: boolean;
  /** Lengths of the axes, 1 to 7 of them. */
  dim: number[];
  datatype: number;
  /** 8 numbers: qfac, then the zooms of the axes. */
  pixdim: number[];
  voxOffset: number;
  /** 1 and 0 when the header asks for no scaling (slope 0, or either not finite). */
  slope: number;
  inter: number;
  qformCode: number;
  sformCode: number;
  /** b, c, d */
  quatern: number[];
  /** x, y, z in mm */
  qoffset: number[];
  /** The three rows of the sform, 12 numbers. */
  srow: number[];
  /** Spatial unit + time unit, as stored. */
  xyztUnits: number;
  intentCode: number;
}

/** Where the fields of the two versions lie; lists are [offset, count]. */
export const niftiLayouts = {
  1: { size: 348, magic: 344, single: 'n+1\0', pair: 'ni1\0', dim: 40, datatype: 70, pixdim: 76, voxOffset: 108, slope: 112, inter: 116, units: 123, intent: 68, qform: 252, sform: 254, quatern: 256, srow: 280 },
  2: { size: 540, magic: 4, single: 'n+2\0', pair: 'ni2\0', dim: 16, datatype: 12, pixdim: 104, voxOffset: 168, slope: 176, inter: 184, units: 500, intent: 504, qform: 344, sform: 348, quatern: 352, srow: 400 },
} as const; // prettier-ignore

/** Which version the bytes claim to be, from `sizeof_hdr` and the magic; undefined when they are no NIfTI header. */
export function niftiVersion(bytes: Buffer): { version: 1 | 2; littleEndian: boolean; paired: boolean } | undefined {
  for (const version of [1, 2] as const) {
    const { size, magic, single, pair } = niftiLayouts[version];
    if (bytes.length < size) continue;
    const littleEndian = bytes.readInt32LE(0) === size;
    if (!littleEndian && bytes.readInt32BE(0) !== size) continue;
    const text = bytes.toString('latin1', magic, magic + 4);
    if (text === single || text === pair) return { version, littleEndian, paired: text === pair };
  }
  return undefined;
}

/** What is said of a file that is no image without its other half. */
export function halfOfPair(name: string): ImageError {
  return new ImageError(
    'unsupported',
    `"${name}" is one half of a .hdr/.img pair; send the image as one file (.nii or .nii.gz), or both halves as a session`,
  );
}

/**
 * Reads the header at the start of `bytes` (at least 348, for NIfTI-2 540 of them); both versions, both byte orders.
 *
 * @throws ImageError when it is no NIfTI header, half of a `.hdr`/`.img` pair, or its dimensions make no sense
 * @see nifti1.h and nifti2.h of the NIfTI Data Format Working Group
 */
export function parseNiftiHeader(bytes: Buffer, name: string): NiftiHeader {
  const found = niftiVersion(bytes);
  if (!found) throw new ImageError('unreadable', `"${name}" is no NIfTI file: size or magic of the header is wrong`);
  const { version, littleEndian, paired } = found;
  if (paired) throw halfOfPair(name);

  const at = niftiLayouts[version];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const float = (offset: number) =>
    version === 1 ? view.getFloat32(offset, littleEndian) : view.getFloat64(offset, littleEndian);
  const floats = (offset: number, count: number) =>
    Array.from({ length: count }, (_, i) => float(offset + i * (version === 1 ? 4 : 8)));
  const long = (offset: number) =>
    version === 1 ? view.getInt16(offset, littleEndian) : Number(view.getBigInt64(offset, littleEndian));
  const code = (offset: number) =>
    version === 1 ? view.getInt16(offset, littleEndian) : view.getInt32(offset, littleEndian);

  const dims = Array.from({ length: 8 }, (_, i) => long(at.dim + i * (version === 1 ? 2 : 8)));
  const dim = dims.slice(1, 1 + Math.min(Math.max(dims[0], 0), 7));
  if (dims[0] < 1 || dims[0] > 7 || dim.some((length) => length < 1)) {
    throw new ImageError('unreadable', `"${name}" has impossible dimensions: dim = [${dims.join(', ')}]`);
  }

  const slope = float(at.slope);
  const inter = float(at.inter);
  if (Number.isFinite(slope) && slope !== 0 && !Number.isFinite(inter))
    throw new ImageError(
      'unreadable',
      `"${name}" has scl_slope ${slope} and scl_inter ${inter}: what its values mean is not known; scl_inter must be a number, or scl_slope 0 for no scaling`,
    );
  const scaled = Number.isFinite(slope) && slope !== 0 && Number.isFinite(inter);
  const offset = version === 1 ? float(at.voxOffset) : long(at.voxOffset);
  return {
    version,
    littleEndian,
    dim,
    datatype: view.getInt16(at.datatype, littleEndian),
    pixdim: floats(at.pixdim, 8),
    voxOffset: Math.max(Math.trunc(offset) || 0, at.size + 4),
    slope: scaled ? slope : 1,
    inter: scaled ? inter : 0,
    qformCode: code(at.qform),
    sformCode: code(at.sform),
    quatern: floats(at.quatern, 3),
    qoffset: floats(at.quatern + (version === 1 ? 12 : 24), 3),
    srow: floats(at.srow, 12),
    xyztUnits: version === 1 ? view.getUint8(at.units) : view.getInt32(at.units, littleEndian),
    intentCode: code(at.intent),
  };
}
