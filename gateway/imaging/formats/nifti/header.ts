import { unreadable, unsupported, type ImageError } from '../../image-error';
import { bytesOf, type ValueType, type VoxelType } from '../value-types';
import { say } from '../../../sentence';

/** A NIfTI header in its own terms, as plain numbers, so that it survives JSON-like cloning and can be written back unchanged. */
export interface NiftiHeader {
  version: 1 | 2;
  littleEndian: boolean;
  /** Lengths of the axes, 1 to 7 of them. */
  dim: number[];
  datatype: number;
  pixdim: number[];
  voxOffset: number;
  /** 1 and 0 when the header asks for no scaling (slope 0, or either not finite). */
  slope: number;
  inter: number;
  qformCode: number;
  sformCode: number;
  quatern: number[];
  /** x, y, z in the header's unit. */
  qoffset: number[];
  srow: number[];
  /** Spatial unit + time unit, as stored. */
  xyztUnits: number;
  intentCode: number;
}

export type Geometry = Pick<
  NiftiHeader,
  'pixdim' | 'qformCode' | 'sformCode' | 'quatern' | 'qoffset' | 'srow' | 'xyztUnits'
>;
export type PlacedHeader = Geometry & Pick<NiftiHeader, 'dim'>;

/** Where the fields of the two versions lie. */
const layouts = {
  1: { size: 348, magic: 344, single: 'n+1\0', pair: 'ni1\0', dim: 40, datatype: 70, pixdim: 76, voxOffset: 108, slope: 112, inter: 116, units: 123, intent: 68, qform: 252, sform: 254, quatern: 256, srow: 280 },
  2: { size: 540, magic: 4, single: 'n+2\0', pair: 'ni2\0', dim: 16, datatype: 12, pixdim: 104, voxOffset: 168, slope: 176, inter: 184, units: 500, intent: 504, qform: 344, sform: 348, quatern: 352, srow: 400 },
} as const; // prettier-ignore

/** Header of NIfTI-1, four zero bytes ("no extensions"), then the voxels. */
export const VOXELS_AT = 352;
const LONGEST_AXIS = 32767;

interface NiftiKind {
  version: 1 | 2;
  littleEndian: boolean;
  paired: boolean;
}

/** Which version the bytes claim to be, from `sizeof_hdr` and the magic; undefined when they are not a NIfTI header. */
export function niftiVersion(bytes: Buffer): NiftiKind | undefined {
  for (const version of [1, 2] as const) {
    const { size, magic, single, pair } = layouts[version];
    if (bytes.length < size) continue;
    const littleEndian = bytes.readInt32LE(0) === size;
    if (!littleEndian && bytes.readInt32BE(0) !== size) continue;
    const text = bytes.toString('latin1', magic, magic + 4);
    if (text === single || text === pair) return { version, littleEndian, paired: text === pair };
  }
  return undefined;
}

export function halfOfPair(name: string): ImageError {
  const advice = say`send the image as one file (.nii or .nii.gz), or both halves as a session`;
  return unsupported(say`"${name}" is one half of a .hdr/.img pair; ${advice}`);
}

function numbersIn(bytes: Buffer, { version, littleEndian }: NiftiKind) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFirst = version === 1;
  return {
    view,
    float: (at: number) => (isFirst ? view.getFloat32(at, littleEndian) : view.getFloat64(at, littleEndian)),
    long: (at: number) => (isFirst ? view.getInt16(at, littleEndian) : Number(view.getBigInt64(at, littleEndian))),
    code: (at: number) => (isFirst ? view.getInt16(at, littleEndian) : view.getInt32(at, littleEndian)),
    floatBytes: isFirst ? 4 : 8,
    longBytes: isFirst ? 2 : 8,
  };
}

/** `vox_offset` as it is written; 0 when that is not a number of bytes. */
function voxOffsetIn(bytes: Buffer, kind: NiftiKind): number {
  const { float, long } = numbersIn(bytes, kind);
  const at = layouts[kind.version].voxOffset;
  return Math.max(Math.trunc(kind.version === 1 ? float(at) : long(at)) || 0, 0);
}

/**
 * Reads a NIfTI header of either version and byte order (nifti1.h and nifti2.h of the NIfTI Data Format Working Group).
 * @throws ImageError when it is not a NIfTI header, half of a `.hdr`/`.img` pair, or its dimensions make no sense
 */
export function parseNiftiHeader(bytes: Buffer, name: string): NiftiHeader {
  const kind = niftiVersion(bytes);
  if (!kind) throw unreadable(say`"${name}" is no NIfTI file: size or magic of the header is wrong`);
  if (kind.paired) throw halfOfPair(name);
  const { version, littleEndian } = kind;
  const at = layouts[version];
  const { view, float, long, code, floatBytes, longBytes } = numbersIn(bytes, kind);
  const floats = (offset: number, count: number) =>
    Array.from({ length: count }, (_, i) => float(offset + i * floatBytes));

  const dims = Array.from({ length: 8 }, (_, i) => long(at.dim + i * longBytes));
  const dim = dims.slice(1, 1 + Math.min(Math.max(dims[0], 0), 7));
  if (dims[0] < 1 || dims[0] > 7 || dim.some((length) => length < 1))
    throw unreadable(say`"${name}" has impossible dimensions: dim = [${dims.join(', ')}]`);

  const [slope, inter] = [float(at.slope), float(at.inter)];
  const scaled = Number.isFinite(slope) && slope !== 0;
  if (scaled && !Number.isFinite(inter)) {
    const needed = say`scl_inter must be a number, or scl_slope 0 for no scaling`;
    const what = say`scl_slope ${slope} and scl_inter ${inter}: what its values mean is not known`;
    throw unreadable(say`"${name}" has ${what}; ${needed}`);
  }
  return {
    version,
    littleEndian,
    dim,
    datatype: view.getInt16(at.datatype, littleEndian),
    pixdim: floats(at.pixdim, 8),
    voxOffset: Math.max(voxOffsetIn(bytes, kind), at.size + 4),
    slope: scaled ? slope : 1,
    inter: scaled ? inter : 0,
    qformCode: code(at.qform),
    sformCode: code(at.sform),
    quatern: floats(at.quatern, 3),
    qoffset: floats(at.quatern + 3 * floatBytes, 3),
    srow: floats(at.srow, 12),
    xyztUnits: version === 1 ? view.getUint8(at.units) : view.getInt32(at.units, littleEndian),
    intentCode: code(at.intent),
  };
}

/** The header of a pair as that of one file, and the bytes before the first voxel in the other file. */
export function singleFileHeader(bytes: Buffer, kind: NiftiKind): { head: Buffer; skip: number } {
  const { size, magic, single, voxOffset } = layouts[kind.version];
  const head = Buffer.alloc(size + 4);
  bytes.copy(head, 0, 0, size);
  head.write(single, magic, 'latin1');
  const { view } = numbersIn(head, kind);
  if (kind.version === 1) view.setFloat32(voxOffset, size + 4, kind.littleEndian);
  else view.setBigInt64(voxOffset, BigInt(size + 4), kind.littleEndian);
  return { head, skip: voxOffsetIn(bytes, kind) };
}

/**
 * A NIfTI-1 header of 352 bytes (little endian, slope 1, intercept 0), before the voxels. @throws ImageError for an axis beyond 32767
 * @param geometry written as it is; that of an input file gives the same bytes again (NIfTI-2 numbers are rounded to float32)
 */
export function encodeNiftiHeader(dim: readonly number[], type: VoxelType, geometry: Geometry): Buffer {
  if (dim.some((length) => length > LONGEST_AXIS))
    throw unsupported(say`NIfTI-1 cannot hold an axis longer than ${LONGEST_AXIS}: ${dim.join(' x ')}`);
  const at = layouts[1];
  const header = Buffer.alloc(VOXELS_AT);
  const floats = (offset: number, values: readonly number[]) =>
    values.forEach((value, i) => header.writeFloatLE(value, offset + 4 * i));
  header.writeInt32LE(at.size, 0);
  const dims = [dim.length, ...dim, ...Array<number>(7 - dim.length).fill(1)];
  dims.forEach((length, d) => header.writeInt16LE(length, at.dim + 2 * d));
  const [code] = [...datatypes].find(([, { value, channels }]) => value === type && channels === 1)!;
  header.writeInt16LE(code, at.datatype);
  header.writeInt16LE(8 * bytesOf(type), at.datatype + 2);
  floats(at.pixdim, geometry.pixdim);
  floats(at.voxOffset, [VOXELS_AT, 1, 0]);
  header.writeUInt8(geometry.xyztUnits & 0xff, at.units);
  header.writeInt16LE(geometry.qformCode, at.qform);
  header.writeInt16LE(geometry.sformCode, at.sform);
  floats(at.quatern, [...geometry.quatern, ...geometry.qoffset]);
  floats(at.srow, geometry.srow);
  header.write(at.single, at.magic, 'latin1');
  return header;
}

interface NiftiDatatype {
  name: string;
  /** Type of one channel; undefined for types that are not read and listed so that a refusal can name them. */
  value?: ValueType;
  /** Interleaved channels of one voxel: 3 of RGB, 1 otherwise. */
  channels: number;
}

const plain = (value: ValueType): NiftiDatatype => ({ name: value, value, channels: 1 });
const colour = (name: string, channels: number): NiftiDatatype => ({ name, value: 'uint8', channels });
const refused = (name: string): NiftiDatatype => ({ name, channels: 1 });

const datatypes: ReadonlyMap<number, NiftiDatatype> = new Map([
  [1, refused('binary (1 bit)')],
  [2, plain('uint8')],
  [4, plain('int16')],
  [8, plain('int32')],
  [16, plain('float32')],
  [32, refused('complex64')],
  [64, plain('float64')],
  [128, colour('rgb24', 3)],
  [256, plain('int8')],
  [512, plain('uint16')],
  [768, plain('uint32')],
  [1024, plain('int64')],
  [1280, plain('uint64')],
  [1536, refused('float128')],
  [1792, refused('complex128')],
  [2048, refused('complex256')],
  [2304, colour('rgba32', 4)],
]);

/** @throws ImageError `unsupported`, naming the type, for complex, 1-bit and 128-bit voxels; `unreadable` for a code nobody defined */
export function datatypeOf(code: number, name: string): Required<NiftiDatatype> {
  const found = datatypes.get(code);
  if (!found) throw unreadable(say`"${name}": unknown NIfTI datatype code ${code}`);
  if (found.value) return { ...found, value: found.value };
  throw unsupported(say`"${name}" has voxels of type ${found.name}; integers, float32, float64 and RGB are read`);
}
