import { open } from 'node:fs/promises';
import { ImageError } from '../../image-error';
import { sizeOf } from '../../volume';
import { layoutOf } from '../axis-layout';
import type { FileHead } from '../file-head';
import type { ImagePlan } from '../image-plan';
import { decodedName } from '../text-header';
import { bytesOf } from '../value-types';
import { checkRoom } from '../voxel-source';
import type { VoxelEncoding, VoxelSource } from '../voxel-source';
import { fileAxesOf, kindsOf } from './axes';
import type { NrrdAxis } from './axes';
import { affineInSpace, affineWithoutSpace, directionsOf, spaceOf } from './geometry';
import { readNrrdHeader } from './header';
import type { NrrdHeader } from './header';
import { nrrdType } from './types';

const encodings: Readonly<Record<string, VoxelEncoding>> = {
  raw: 'raw',
  gzip: 'gzip',
  gz: 'gzip',
  ascii: 'ascii',
  text: 'ascii',
  txt: 'ascii',
  hex: 'hex',
};

/** What a NRRD header tells of the image, whatever file its voxels lie in. */
export interface NrrdImage extends Omit<ImagePlan, 'source'> {
  /** Lengths of the axes, as they stand there. */
  sizes: readonly number[];
  encoding: VoxelEncoding;
}

/**
 * How a NRRD file is read whose voxels follow its header.
 * @throws ImageError for what is truncated or damaged, for voxels in another file, and for what we do not read
 */
export async function planNrrd(head: FileHead): Promise<ImagePlan> {
  const header = await readNrrdHeader(head);
  const elsewhere = header.fields.get('datafile');
  if (elsewhere) {
    const what = `"${header.name}" is a header whose voxels lie in "${decodedName(elsewhere.value)}"`;
    throw new ImageError('unsupported', `${what}; send the image as one file (.nrrd), or all its files as a session`);
  }
  const image = nrrdImageOf(header);
  const source = await nrrdSource(header, image, { path: head.path, name: head.name, size: head.size }, header.length);
  checkRoom(source, image.bytes, image.sizes);
  return { ...image, source };
}

/** @throws ImageError when the fields contradict each other, are missing, or ask for what we do not read */
export function nrrdImageOf(header: NrrdHeader): NrrdImage {
  const { fields, name } = header;
  const required = (key: 'type' | 'dimension' | 'sizes' | 'encoding') => {
    const field = fields.get(key);
    if (!field) throw new ImageError('unreadable', `"${name}" has no field "${key}" in its NRRD header`);
    return field;
  };
  const typeField = required('type');
  const type = nrrdType(typeField.value);
  if (!type) throw typeField.wrong('integers, float and double are read', 'unsupported');
  const dimension = required('dimension').integer();
  const sizes = required('sizes').lengths(dimension);
  const encodingField = required('encoding');
  const encoding = encodings[encodingField.value.toLowerCase()] as VoxelEncoding | undefined;
  if (!encoding) throw encodingField.wrong('raw, gzip, ascii and hex are read', 'unsupported');

  const warnings: string[] = [];
  for (const key of ['oldmin', 'oldmax'] as const)
    if (fields.has(key))
      warnings.push(`"${name}" has the field "${fields.get(key)!.toString()}"; its voxels are not rescaled`);
  const { layout, affine } = placeOf(header, sizes, warnings);
  const originalChannelDim = layout.axes.endsWith('C') ? layout.axes.length - 1 : 'no_channel';
  return {
    format: 'nrrd',
    volume: { ...layout, affine, properties: { originalAffine: affine, filename: name, originalChannelDim } },
    type,
    littleEndian: isLittleEndian(header, encoding, bytesOf(type)),
    bytes: sizeOf(sizes) * bytesOf(type),
    slope: 1,
    intercept: 0,
    warnings,
    sizes,
    encoding,
  };
}

function placeOf(header: NrrdHeader, sizes: readonly number[], warnings: string[]) {
  const { fields, name } = header;
  const space = spaceOf(header, warnings);
  const field = fields.get('spacedirections');
  if (field && !space) throw field.wrong('the header has no space for them');
  if (space && !field)
    throw new ImageError('unreadable', `"${name}" names a space but has no field "space directions"`);
  const directions = space && field ? directionsOf(field, space, sizes.length) : [];
  const kinds = kindsOf(fields.get('kinds'), sizes);
  const axes: NrrdAxis[] = sizes.map((size, d) => ({ size, ...kinds[d], direction: directions[d] }));
  if (axes.some(({ isDomain, direction }) => !isDomain && direction))
    throw fields.get('kinds')!.wrong('an axis of values has a space direction');
  const fileAxes = fileAxesOf(header, axes, space !== undefined);
  const steps = fileAxes.spatial.map((d) => axes[d].direction!);
  const affine = space
    ? affineInSpace(header, space, steps, warnings)
    : affineWithoutSpace(header, axes, fileAxes.spatial, warnings);
  return { layout: layoutOf(fileAxes), affine };
}

function isLittleEndian({ fields, name }: NrrdHeader, encoding: VoxelEncoding, bytesPerValue: number): boolean {
  const field = fields.get('endian');
  if (field && !/^(little|big)$/i.test(field.value)) throw field.wrong('little or big is needed');
  if (!field && bytesPerValue > 1 && encoding !== 'ascii')
    throw new ImageError('unreadable', `"${name}" has no field "endian", without which its voxels cannot be read`);
  return field?.value.toLowerCase() !== 'big';
}

/**
 * Where the voxels lie in a file: after the lines and bytes to skip. Lines are those of the file; bytes are those of the decompressed content.
 * @param start of the part of the file that is not header
 * @throws ImageError for numbers to skip that make no sense, and for gzip that is none
 */
export async function nrrdSource(
  { fields }: NrrdHeader,
  { encoding }: Pick<NrrdImage, 'encoding'>,
  { path, name, size }: { path: string; name: string; size: number },
  start: number,
): Promise<VoxelSource> {
  const lines = fields.get('lineskip')?.integer() ?? 0;
  if (lines < 0) throw fields.get('lineskip')!.wrong('a number of 0 or more is needed');
  const byteField = fields.get('byteskip');
  const skip = byteField?.integer() ?? 0;
  if (skip < 0 && encoding !== 'raw' && encoding !== 'gzip')
    throw byteField!.wrong('below 0 it is for the encodings raw and gzip');
  const from = await afterLines(path, start, lines);
  const source: VoxelSource = { path, name, from, to: size, encoding, skip };
  if (encoding === 'ascii' || encoding === 'hex') return { ...source, from: from + skip, skip: 0 };
  await checkMagic(source);
  return source;
}

/** The byte of the file after `count` more lines. */
async function afterLines(path: string, start: number, count: number): Promise<number> {
  if (count === 0) return start;
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(1 << 16);
    for (let at = start, left = count; ;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return at;
      for (let i = buffer.indexOf(10); i >= 0 && i < bytesRead; i = buffer.indexOf(10, i + 1))
        if (--left === 0) return at + i + 1;
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** gzip is what the header says it is: Teem would take anything else for voxels. */
async function checkMagic({ path, name, from, encoding, skip }: VoxelSource): Promise<void> {
  const file = await open(path, 'r');
  try {
    const start = Buffer.alloc(2);
    await file.read(start, 0, 2, from);
    const isGzip = start[0] === 0x1f && start[1] === 0x8b;
    if (encoding === 'gzip' && !isGzip)
      throw new ImageError('unreadable', `"${name}" has the encoding gzip in its header, but its voxels are not gzip`);
    if (encoding === 'raw' && isGzip && skip === 0 && /\.gz$/i.test(name))
      throw new ImageError('unreadable', `"${name}" is gzip, but its header says encoding: raw; it should say gzip`);
  } finally {
    await file.close();
  }
}
