import { open } from 'node:fs/promises';
import { ImageError } from '../../image-error';
import { sizeOf } from '../../volume';
import { layoutOf } from '../axis-layout';
import type { FileHead } from '../file-head';
import type { ImagePlan } from '../image-plan';
import { decodedName } from '../text-header';
import type { HeaderField } from '../text-header';
import { bytesOf } from '../value-types';
import type { ValueType } from '../value-types';
import { checkRoom } from '../voxel-source';
import type { VoxelEncoding, VoxelSource } from '../voxel-source';
import { affineOfMeta } from './geometry';
import { isLocal, readMetaHeader } from './header';
import type { MetaFieldName, MetaHeader } from './header';

/** Types of the format; `MET_LONG` has 32 bits, as MetaIO reads and writes it. */
const types: Readonly<Record<string, ValueType>> = {
  MET_CHAR: 'int8',
  MET_ASCII_CHAR: 'int8',
  MET_UCHAR: 'uint8',
  MET_SHORT: 'int16',
  MET_USHORT: 'uint16',
  MET_INT: 'int32',
  MET_UINT: 'uint32',
  MET_LONG: 'int32',
  MET_ULONG: 'uint32',
  MET_LONG_LONG: 'int64',
  MET_ULONG_LONG: 'uint64',
  MET_FLOAT: 'float32',
  MET_DOUBLE: 'float64',
};

/** What a MetaImage header tells of the image, whatever file its voxels lie in. */
export interface MetaImage extends Omit<ImagePlan, 'source'> {
  /** Lengths of the axes, as they stand there. */
  sizes: readonly number[];
  /** Numbers in digits; else bytes, compressed or not. */
  isText: boolean;
  isCompressed: boolean;
}

/**
 * How a MetaImage is read whose voxels follow its header.
 * @throws ImageError for what is truncated or damaged, for voxels in another file, and for what we do not read
 */
export async function planMetaImage(head: FileHead): Promise<ImagePlan> {
  const header = await readMetaHeader(head);
  const elsewhere = header.fields.get('ElementDataFile')!.value;
  if (!isLocal(elsewhere)) {
    const what = `"${header.name}" is a header whose voxels lie in "${decodedName(elsewhere)}"`;
    throw new ImageError('unsupported', `${what}; send the image as one file (.mha), or all its files as a session`);
  }
  const image = metaImageOf(header);
  const source = await metaSource(header, image, { path: head.path, name: head.name, size: head.size }, header.length);
  checkRoom(source, image.bytes, image.sizes);
  if (/LONG$/.test(header.fields.get('ElementType')!.value.toUpperCase())) checkLong(header, source, image.bytes);
  return { ...image, source };
}

/** @throws ImageError when the fields contradict each other, are missing, or ask for what we do not read */
export function metaImageOf(header: MetaHeader): MetaImage {
  const { fields, name } = header;
  const required = (key: MetaFieldName) => {
    const field = fields.get(key);
    if (!field) throw new ImageError('unreadable', `"${name}" has no field "${key}" in its MetaImage header`);
    return field;
  };
  const object = fields.get('ObjectType');
  if (object && object.value.toLowerCase() !== 'image') throw object.wrong('images are read', 'unsupported');
  const ndims = required('NDims');
  const dims = ndims.integer();
  if (dims < 2 || dims > 4) throw ndims.wrong('2 to 4 dimensions are read', 'unsupported');
  const sizes = required('DimSize').lengths(dims);
  const typeField = required('ElementType');
  const typeName = typeField.value.toUpperCase().replace(/_ARRAY$/, '');
  if (!Object.hasOwn(types, typeName))
    throw typeField.wrong('integers, MET_FLOAT and MET_DOUBLE are read', 'unsupported');
  const type = types[typeName];
  const channels = fields.get('ElementNumberOfChannels')?.lengths(1)[0] ?? 1;
  const hasFourth = dims === 4 && sizes[3] > 1;
  if (channels > 1 && hasFourth)
    throw new ImageError('unsupported', `"${name}" is a 4-D image with ${channels} channels per voxel`);

  const warnings = [...header.warnings];
  const affine = affineOfMeta(header, dims, warnings);
  const spatial = [0, 1, 2].slice(0, dims);
  const layout =
    channels > 1
      ? layoutOf({ sizes: [channels, ...sizes], spatial: spatial.map((d) => d + 1), channel: 0 })
      : layoutOf({ sizes, spatial, channel: hasFourth ? 3 : undefined });
  const originalChannelDim = layout.axes.endsWith('C') ? layout.axes.length - 1 : 'no_channel';
  const isText = !(truthOf(fields.get('BinaryData')) ?? true);
  return {
    format: 'mha',
    volume: { ...layout, affine, properties: { originalAffine: affine, filename: name, originalChannelDim } },
    type,
    littleEndian: !isBigEndian(header),
    bytes: sizeOf(sizes) * channels * bytesOf(type),
    slope: 1,
    intercept: 0,
    warnings,
    sizes,
    isText,
    isCompressed: !isText && (truthOf(fields.get('CompressedData')) ?? false),
  };
}

/** MetaIO looks at the first letter. */
function truthOf(field: HeaderField | undefined): boolean | undefined {
  if (!field) return undefined;
  if (/^[t1]/i.test(field.value)) return true;
  if (/^[f0]/i.test(field.value)) return false;
  throw field.wrong('True or False is needed');
}

function isBigEndian({ fields }: MetaHeader): boolean {
  const [binary, element] = [fields.get('BinaryDataByteOrderMSB'), fields.get('ElementByteOrderMSB')];
  if (binary && element && truthOf(binary) !== truthOf(element))
    throw element.wrong(`it contradicts the field "${binary.toString()}"`);
  return truthOf(binary ?? element) ?? false;
}

/**
 * Where the voxels lie in a file. `HeaderSize` counts from its start; -1 says that they end with it.
 * @param start of the part of the file that is not header
 * @throws ImageError for sizes that make no sense, and for compressed voxels that are neither zlib nor gzip
 */
export async function metaSource(
  { fields }: MetaHeader,
  { isText, isCompressed }: Pick<MetaImage, 'isText' | 'isCompressed'>,
  { path, name, size }: { path: string; name: string; size: number },
  start: number,
): Promise<VoxelSource> {
  const headerField = fields.get('HeaderSize');
  const headerSize = headerField?.integer() ?? 0;
  const fromEnd = headerSize === -1;
  if (headerSize < -1 || (headerSize > 0 && headerSize < start)) throw headerField!.wrong('the header is longer');
  if (fromEnd && (isText || isCompressed)) throw headerField!.wrong('-1 is for voxels that are not compressed');
  const from = Math.max(start, headerSize);
  const plain = { path, name, from, to: size, skip: fromEnd ? -1 : 0 };
  if (isText) return { ...plain, encoding: 'ascii' };
  const encoding = await encodingAt(path, from);
  if (!isCompressed) {
    if (encoding === 'gzip' && /\.gz$/i.test(name))
      throw new ImageError('unreadable', `"${name}" is gzip, but its header does not say CompressedData = True`);
    return { ...plain, encoding: 'raw' };
  }
  const sizeField = fields.get('CompressedDataSize');
  const compressedSize = sizeField?.integer() ?? 0;
  if (compressedSize < 0 || from + compressedSize > size)
    throw sizeField!.wrong(`the file has ${Math.max(size - from, 0)} bytes of voxels`);
  if (!encoding)
    throw new ImageError('unreadable', `"${name}" has CompressedData = True, but its voxels are neither zlib nor gzip`);
  return { ...plain, encoding, to: compressedSize > 0 ? from + compressedSize : size };
}

async function encodingAt(path: string, at: number): Promise<Extract<VoxelEncoding, 'zlib' | 'gzip'> | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, at);
    if (bytesRead < 2) return undefined;
    if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip';
    return (buffer[0] & 15) === 8 && buffer.readUInt16BE(0) % 31 === 0 ? 'zlib' : undefined;
  } finally {
    await file.close();
  }
}

/** Some programs of 64 bits write their `long` under the name of 32 bits. */
function checkLong({ fields }: MetaHeader, { encoding, from, to }: VoxelSource, bytes: number): void {
  if (encoding !== 'raw' || to - from !== 2 * bytes) return;
  const reason = 'it has 32 bits, and the file holds 64 bits for each; write MET_LONG_LONG';
  throw fields.get('ElementType')!.wrong(reason);
}
