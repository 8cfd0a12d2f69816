import { IDENTITY } from '../../geometry';
import { unreadable } from '../../image-error';
import { sizeOf, type Volume } from '../../volume';
import { filesOfParts, numberedFiles, wordsAndNumbers } from '../data-files';
import { compressionOf, readPiece, type FileOnDisk } from '../file-head';
import { gzipPieces } from '../gzip-zeros';
import { volumeOf } from '../image-plan';
import { textFormat, type TextImage, type TextImageHeader } from '../image-format';
import { bytesOf, type ValueType } from '../value-types';
import { lpsOf } from '../vectors';
import type { VoxelEncoding, VoxelSource } from '../voxel-source';
import { writtenVoxels, type EncodeOptions } from '../written-voxels';
import { affineInSpace, affineWithoutSpace, directionsOf, spaceOf } from './geometry';
import { fileAxesOf, kindsOf, readNrrdHeader, type NrrdAxis, type NrrdHeader } from './header';
import { say } from '../../../sentence';

/** Names of the types; the first one is written, which every reader knows, browsers' small ones included. */
const nrrdTypes: Record<ValueType, readonly string[]> = {
  int8: ['signed char', 'int8', 'int8_t'],
  uint8: ['unsigned char', 'uchar', 'uint8', 'uint8_t'],
  int16: ['short', 'short int', 'signed short', 'signed short int', 'int16', 'int16_t'],
  uint16: ['unsigned short', 'ushort', 'unsigned short int', 'uint16', 'uint16_t'],
  int32: ['int', 'signed int', 'int32', 'int32_t'],
  uint32: ['unsigned int', 'uint', 'uint32', 'uint32_t'],
  int64: ['long long', 'longlong', 'long long int', 'signed long long', 'signed long long int', 'int64', 'int64_t'],
  uint64: ['unsigned long long', 'ulonglong', 'unsigned long long int', 'uint64', 'uint64_t'],
  float32: ['float'],
  float64: ['double'],
};
const types = new Map(Object.entries(nrrdTypes).flatMap(([type, names]) => names.map((name) => [name, type])));

const encodings = new Map<string, VoxelEncoding>([
  ...(['raw', 'gzip', 'ascii', 'hex'] as const).map((name) => [name, name] as const),
  ...([['gz', 'gzip'], ['text', 'ascii'], ['txt', 'ascii']] as const), // prettier-ignore
]);

const isNrrd = (start: Buffer) => start.toString('latin1', 0, 4) === 'NRRD';

export const nrrd = textFormat('nrrd', isNrrd, async (head): Promise<TextImageHeader> => {
  const header = await readNrrdHeader(head);
  return { length: header.length, dataFile: header.get('datafile'), image: () => imageOf(header) };
});

function imageOf(header: NrrdHeader): TextImage {
  const { warnings } = header;
  const typeField = header.required('type');
  const type = types.get(typeField.value.toLowerCase().replace(/\s+/g, ' ')) as ValueType | undefined;
  if (!type) throw typeField.wrong('integers, float and double are read', 'unsupported');
  const dimension = header.required('dimension').integer();
  const sizes = header.required('sizes').lengths(dimension);
  const encodingField = header.required('encoding');
  const encoding = encodings.get(encodingField.value.toLowerCase());
  if (!encoding) throw encodingField.wrong('raw, gzip, ascii and hex are read', 'unsupported');
  for (const key of ['oldmin', 'oldmax'] as const)
    if (header.get(key)) header.warn(say`has the field "${header.get(key)!.toString()}"; its voxels are not rescaled`);
  const volume = placed(header, sizes);
  const littleEndian = isLittleEndian(header, encoding, bytesOf(type));
  // Numbers in digits are little endian once they are read.
  const endian = littleEndian || encoding === 'ascii' ? 'little' : 'big';
  return {
    ...{ format: 'nrrd', volume, type, littleEndian, slope: 1, intercept: 0, warnings, sizes },
    bytes: sizeOf(sizes) * bytesOf(type),
    dataFiles: () => dataFilesOf(header, sizes),
    sourceIn: (file, start) => sourceIn(header, encoding, file, start),
    joinedHeader: [...header.kept, `endian: ${endian}`, 'encoding: raw', '', ''].join('\n'),
  };
}

function placed(header: NrrdHeader, sizes: readonly number[]): TextImage['volume'] {
  const space = spaceOf(header);
  const field = header.get('spacedirections');
  if (field && !space) throw field.wrong(say`the header has no space for them`);
  if (space && !field) throw unreadable(say`"${header.name}" names a space but has no field "space directions"`);
  const directions = space && field ? directionsOf(field, space, sizes.length) : [];
  const kinds = kindsOf(header.get('kinds'), sizes);
  const axes: NrrdAxis[] = sizes.map((size, d) => ({ size, ...kinds[d], direction: directions[d] }));
  if (axes.some(({ isDomain, direction }) => !isDomain && direction))
    throw header.get('kinds')!.wrong(say`an axis of values has a space direction`);
  const fileAxes = fileAxesOf(header, axes, space !== undefined);
  const { spatial } = fileAxes;
  const affine = space
    ? affineInSpace(header, space, spatial.map((d) => axes[d].direction!)) // prettier-ignore
    : affineWithoutSpace(header, axes, spatial);
  return volumeOf(fileAxes, header.name, affine);
}

function isLittleEndian(header: NrrdHeader, encoding: VoxelEncoding, bytesPerValue: number): boolean {
  const field = header.get('endian');
  if (field && !/^(little|big)$/i.test(field.value)) throw field.wrong(say`little or big is needed`);
  if (!field && bytesPerValue > 1 && encoding !== 'ascii')
    throw unreadable(say`"${header.name}" has no field "endian", without which its voxels cannot be read`);
  return field?.value.toLowerCase() !== 'big';
}

/** One name; `LIST`, perhaps with the axes per file, and names in the next lines; or a name with `%d`, first, last, step and perhaps that number. */
function dataFilesOf(header: NrrdHeader, sizes: readonly number[]): readonly string[] {
  const field = header.get('datafile')!;
  const { words, numbers } = wordsAndNumbers(field);
  if (words[0] === 'LIST') return filesOfParts(field, header.list, sizes, numbers[0]);
  if (!field.value.includes('%') || numbers.length < 3) return [field.value];
  const counters = numbers.slice(-4);
  return filesOfParts(field, numberedFiles(field, counters), sizes, counters[3]);
}

/** After the lines and bytes to skip. Lines are those of the file; bytes are those of the decompressed content. */
async function sourceIn(
  header: NrrdHeader,
  encoding: VoxelEncoding,
  { path, name, size }: FileOnDisk,
  start: number,
): Promise<VoxelSource> {
  const lines = header.get('lineskip')?.integer() ?? 0;
  if (lines < 0) throw header.get('lineskip')!.wrong(say`a number of 0 or more is needed`);
  const byteField = header.get('byteskip');
  const skip = byteField?.integer() ?? 0;
  if (skip < 0 && encoding !== 'raw' && encoding !== 'gzip')
    throw byteField!.wrong('below 0 it is for the encodings raw and gzip');
  const from = await afterLines(path, start, lines);
  const source = { path, name, from, to: size, encoding, skip };
  if (encoding === 'ascii' || encoding === 'hex') return { ...source, from: from + skip, skip: 0 };
  // gzip where the header says so, and nowhere else: Teem would take anything else for voxels.
  const isGzip = compressionOf(await readPiece(path, from, 2)) === 'gzip';
  if (encoding === 'gzip' && !isGzip)
    throw unreadable(say`"${name}" has the encoding gzip in its header, but its voxels are not gzip`);
  if (encoding === 'raw' && isGzip && skip === 0 && /\.gz$/i.test(name))
    throw unreadable(say`"${name}" is gzip, but its header says encoding: raw; it should say gzip`);
  return source;
}

async function afterLines(path: string, start: number, count: number): Promise<number> {
  for (let at = start, left = count; left > 0;) {
    const piece = await readPiece(path, at, 1 << 16);
    if (piece.length === 0) return at;
    for (let i = piece.indexOf(10); i >= 0; i = piece.indexOf(10, i + 1)) if (--left === 0) return at + i + 1;
    at += piece.length;
  }
  return start;
}

/**
 * Encodes a volume as NRRD: x fastest, little endian, LPS, channels as a first axis. The header holds only what OHIF's parser reads: LF line ends, no quoted
 * strings, no spaces inside vectors.
 */
export async function encodeNrrd(volume: Volume, { dtype, compress = true }: EncodeOptions): Promise<Buffer> {
  const { bytes, size, channels } = writtenVoxels(volume, dtype);
  const { origin, steps } = lpsOf(volume.affine ?? IDENTITY);
  const isVector = channels > 1;
  const header = [
    'NRRD0004',
    `type: ${nrrdTypes[dtype][0]}`,
    `dimension: ${isVector ? 4 : 3}`,
    'space: left-posterior-superior',
    `sizes: ${[...(isVector ? [channels] : []), ...size].join(' ')}`,
    `space directions: ${[...(isVector ? ['none'] : []), ...steps.map(vector)].join(' ')}`,
    `kinds: ${isVector ? 'vector ' : ''}domain domain domain`,
    'endian: little',
    `encoding: ${compress ? 'gzip' : 'raw'}`,
    `space origin: ${vector(origin)}`,
    '',
    '',
  ];
  const voxel = bytesOf(dtype) * channels;
  const voxels = compress ? await gzipPieces([bytes], { voxel, row: voxel * size[0] }) : bytes;
  return Buffer.concat([Buffer.from(header.join('\n'), 'latin1'), voxels]);
}

const vector = (values: readonly number[]) => `(${values.join(',')})`;
