import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { IDENTITY } from '../../geometry';
import { unreadable, unsupported } from '../../image-error';
import { sizeOf, type Volume } from '../../volume';
import { filesOfParts, numberedFiles, wordsAndNumbers } from '../data-files';
import { compressionOf, readPiece, type FileOnDisk } from '../file-head';
import { volumeOf } from '../image-plan';
import type { HeaderField } from '../text-header';
import { textFormat, type TextImage, type TextImageHeader } from '../image-format';
import { bytesOf, type ValueType } from '../value-types';
import { lpsOf } from '../vectors';
import type { VoxelSource } from '../voxel-source';
import { writtenVoxels, type EncodeOptions } from '../written-voxels';
import { affineOfMeta, isMetaImage, readMetaHeader, type MetaHeader } from './header';
import { say } from '../../../sentence';

/** Types of the format; the first name is written. `MET_LONG` has 32 bits, as MetaIO reads and writes it. */
const metaTypes: Record<ValueType, readonly string[]> = {
  int8: ['MET_CHAR', 'MET_ASCII_CHAR'],
  uint8: ['MET_UCHAR'],
  int16: ['MET_SHORT'],
  uint16: ['MET_USHORT'],
  int32: ['MET_INT', 'MET_LONG'],
  uint32: ['MET_UINT', 'MET_ULONG'],
  int64: ['MET_LONG_LONG'],
  uint64: ['MET_ULONG_LONG'],
  float32: ['MET_FLOAT'],
  float64: ['MET_DOUBLE'],
};
const types = new Map(Object.entries(metaTypes).flatMap(([type, names]) => names.map((name) => [name, type])));

export const metaImage = textFormat('mha', isMetaImage, async (head): Promise<TextImageHeader> => {
  const header = await readMetaHeader(head);
  const dataFile = header.required('ElementDataFile');
  const isLocal = dataFile.value.toLowerCase() === 'local';
  return { length: header.length, dataFile: isLocal ? undefined : dataFile, image: () => imageOf(header) };
});

function imageOf(header: MetaHeader): TextImage {
  const { name, warnings } = header;
  const object = header.get('ObjectType');
  if (object && object.value.toLowerCase() !== 'image') throw object.wrong('images are read', 'unsupported');
  const ndims = header.required('NDims');
  const dims = ndims.integer();
  if (dims < 2 || dims > 4) throw ndims.wrong('2 to 4 dimensions are read', 'unsupported');
  const sizes = header.required('DimSize').lengths(dims);
  const typeField = header.required('ElementType');
  const type = types.get(typeField.value.toUpperCase().replace(/_ARRAY$/, '')) as ValueType | undefined;
  if (!type) throw typeField.wrong('integers, MET_FLOAT and MET_DOUBLE are read', 'unsupported');
  const channels = header.get('ElementNumberOfChannels')?.lengths(1)[0] ?? 1;
  const hasFourth = dims === 4 && sizes[3] > 1;
  if (channels > 1 && hasFourth) throw unsupported(say`"${name}" is a 4-D image with ${channels} channels per voxel`);

  const affine = affineOfMeta(header, dims);
  const spatial = [0, 1, 2].slice(0, dims);
  const axes =
    channels > 1
      ? { sizes: [channels, ...sizes], spatial: spatial.map((d) => d + 1), channel: 0 }
      : { sizes, spatial, channel: hasFourth ? 3 : undefined };
  const isText = !(truthOf(header.get('BinaryData')) ?? true);
  const isBig = isBigEndian(header);
  const bytes = sizeOf(sizes) * channels * bytesOf(type);
  const how = { isText, isCompressed: !isText && (truthOf(header.get('CompressedData')) ?? false) };
  return {
    ...{ format: 'mha', volume: volumeOf(axes, name, affine), type, littleEndian: !isBig, slope: 1, intercept: 0 },
    ...{ bytes, warnings, sizes },
    dataFiles: () => dataFilesOf(header, sizes),
    // MetaIO looks for the name with `.gz` as well.
    compressedSuffix: '.gz',
    sourceIn: (file, start, compressed = false) =>
      sourceIn(header, compressed ? { isText: false, isCompressed: true } : how, file, start),
    checkType: ({ encoding, from, to }) => {
      // Some programs of 64 bits write their `long` under the name of 32 bits.
      if (/LONG$/i.test(typeField.value) && encoding === 'raw' && to - from === 2 * bytes)
        throw typeField.wrong('it has 32 bits, and the file holds 64 bits for each; write MET_LONG_LONG');
    },
    joinedHeader: [
      ...header.kept,
      'BinaryData = True',
      `BinaryDataByteOrderMSB = ${isBig && !isText ? 'True' : 'False'}`,
      'CompressedData = False',
      'ElementDataFile = LOCAL',
      '',
    ].join('\n'),
  };
}

function truthOf(field: HeaderField | undefined): boolean | undefined {
  if (!field) return undefined;
  if (/^[t1]/i.test(field.value)) return true;
  if (/^[f0]/i.test(field.value)) return false;
  throw field.wrong(say`True or False is needed`);
}

function isBigEndian(header: MetaHeader): boolean {
  const [binary, element] = [header.get('BinaryDataByteOrderMSB'), header.get('ElementByteOrderMSB')];
  if (binary && element && truthOf(binary) !== truthOf(element))
    throw element.wrong(`it contradicts the field "${binary.toString()}"`);
  return truthOf(binary ?? element) ?? false;
}

/** One name; `LIST`, perhaps with the axes per file, and names in the next lines; or a name with `%d`, and first, last and step. */
function dataFilesOf(header: MetaHeader, sizes: readonly number[]): readonly string[] {
  const field = header.required('ElementDataFile');
  const { numbers } = wordsAndNumbers(field);
  const [isList, , axes] = /^LIST(\s+(\d+)D?)?$/i.exec(field.value) ?? [];
  if (isList) return filesOfParts(field, header.list, sizes, axes ? Number(axes) : undefined);
  if (!field.value.includes('%')) return [field.value];
  return filesOfParts(field, numberedFiles(field, numbers.slice(-3), sizes[sizes.length - 1]), sizes);
}

/** `HeaderSize` counts from the start of the file; -1 says that the voxels end with it. */
async function sourceIn(
  header: MetaHeader,
  { isText, isCompressed }: { isText: boolean; isCompressed: boolean },
  { path, name, size }: FileOnDisk,
  start: number,
): Promise<VoxelSource> {
  const headerField = header.get('HeaderSize');
  const headerSize = headerField?.integer() ?? 0;
  const fromEnd = headerSize === -1;
  if (headerSize < -1 || (headerSize > 0 && headerSize < start)) throw headerField!.wrong(say`the header is longer`);
  if (fromEnd && (isText || isCompressed)) throw headerField!.wrong(say`-1 is for voxels that are not compressed`);
  const from = Math.max(start, headerSize);
  const plain = { path, name, from, to: size, skip: fromEnd ? -1 : 0 };
  if (isText) return { ...plain, encoding: 'ascii' };
  const encoding = await encodingAt(path, from);
  if (!isCompressed) {
    if (encoding === 'gzip' && /\.gz$/i.test(name))
      throw unreadable(say`"${name}" is gzip, but its header does not say CompressedData = True`);
    return { ...plain, encoding: 'raw' };
  }
  const sizeField = header.get('CompressedDataSize');
  const compressedSize = sizeField?.integer() ?? 0;
  if (compressedSize < 0 || from + compressedSize > size)
    throw sizeField!.wrong(`the file has ${Math.max(size - from, 0)} bytes of voxels`);
  if (!encoding) throw unreadable(say`"${name}" has CompressedData = True, but its voxels are neither zlib nor gzip`);
  return { ...plain, encoding, to: compressedSize > 0 ? from + compressedSize : size };
}

async function encodingAt(path: string, at: number): Promise<'zlib' | 'gzip' | undefined> {
  const start = await readPiece(path, at, 2);
  if (compressionOf(start) === 'gzip') return 'gzip';
  const isZlib = start.length === 2 && (start[0] & 15) === 8 && start.readUInt16BE(0) % 31 === 0;
  return isZlib ? 'zlib' : undefined;
}

/** Encodes a volume as .mha: x fastest, little endian, channels of a voxel together; `TransformMatrix` holds unit directions in LPS. */
export async function encodeMha(volume: Volume, { dtype, compress = true }: EncodeOptions): Promise<Buffer> {
  const { bytes, size, channels } = writtenVoxels(volume, dtype);
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
    `ElementType = ${metaTypes[dtype][0]}`,
    'ElementDataFile = LOCAL',
    '',
  ];
  return Buffer.concat([Buffer.from(header.join('\n'), 'latin1'), voxels]);
}
