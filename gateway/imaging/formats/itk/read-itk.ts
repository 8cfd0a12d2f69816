import type { Image } from 'itk-wasm' with { 'resolution-mode': 'import' };
import { unsupported } from '../../image-error';
import type { Affine, NumericArray, Volume } from '../../volume';
import { announceImage } from '../announced-image';
import type { FileHead } from '../file-head';
import type { ImageFormat } from '../image-format';
import { volumeOf, type FileAxes } from '../image-plan';
import { beyondFloat64 } from '../value-types';
import { rasAffine } from '../vectors';
import { checkComplete } from './check-complete';
import { headerSize } from './header-size';
import { readWithItk, type Reader } from './itk-program';
import { say } from '../../../sentence';

/**
 * Formats that ITK reads: its reader, the suffix it insists on, and the marks of pictures, which have no place in the patient and rows before columns. The
 * suffix is believed of all but pictures, whose content would have shown them.
 */
const readers: readonly { name: string; reader: Reader; suffix: string; marks?: readonly string[] }[] = [
  { name: 'png', reader: 'pngReadImageNode', suffix: '.png', marks: ['\x89PNG\r\n\x1a\n'] },
  { name: 'jpeg', reader: 'jpegReadImageNode', suffix: '.jpg', marks: ['\xff\xd8\xff'] },
  { name: 'tiff', reader: 'tiffReadImageNode', suffix: '.tif', marks: ['II*\0', 'MM\0*'] },
  { name: 'bmp', reader: 'bmpReadImageNode', suffix: '.bmp', marks: ['BM'] },
  { name: 'gipl', reader: 'giplReadImageNode', suffix: '.gipl' },
  { name: 'mgh', reader: 'mghReadImageNode', suffix: '.mgh' },
  { name: 'mgz', reader: 'mghReadImageNode', suffix: '.mgz' },
  { name: 'minc', reader: 'mincReadImageNode', suffix: '.mnc' },
  { name: 'mrc', reader: 'mrcReadImageNode', suffix: '.mrc' },
  { name: 'vtk', reader: 'vtkReadImageNode', suffix: '.vtk' },
];

const PIXEL_TYPES = ['Scalar', 'RGB', 'RGBA', 'Vector', 'VariableLengthVector', 'CovariantVector', 'FixedArray'];

const isPlausible = (name: string, start: Buffer) =>
  name !== 'bmp' || (start.length > 26 && start.readUInt32LE(10) < 4096);

/** The formats that are read by ITK compiled to WebAssembly, in this process, without threads or downloads. */
export const itkFormats: readonly ImageFormat[] = readers.map(({ name, reader, suffix, marks }) => ({
  name,
  isPicture: marks !== undefined,
  suffix: marks ? undefined : suffix,
  matches: (start) =>
    (marks ?? []).some((mark) => start.toString('latin1', 0, mark.length) === mark) && isPlausible(name, start),
  read: async (head) => {
    await checkComplete(head, name);
    const bytes = await announce(head, name, marks !== undefined);
    const image = await readWithItk(reader, suffix, head, name, bytes);
    return { format: name, volume: volumeOfImage(image, head.name, marks !== undefined), slope: 1, intercept: 0 };
  },
}));

/** The memory that a reader takes beside the voxels: its program, and the stack of it. */
const PROGRAM_BYTES = 64 << 20;
/** The voxels as they were inflated (a chunk of HDF5 can have all of them), in the reader's memory, in the file it answers with, as an array, and as float32. */
const COPIES = 5;
/** The memory of a program of 32 bits, and what deflate makes of a byte at most: the bounds of a format whose header is not read here. */
const MOST_BYTES = 2 ** 32;
const MOST_PER_BYTE = 1032;

/** @returns bytes that reading takes at its peak */
async function announce(head: FileHead, format: string, isPicture: boolean): Promise<number> {
  const found = await headerSize(head, format);
  if (!found) {
    const bytes = Math.min(MOST_BYTES, PROGRAM_BYTES + COPIES * MOST_PER_BYTE * head.size);
    await announceImage({ volume: volumeOf(scanAxes([1, 1, 1], 1, head.name), head.name), bytes });
    return bytes;
  }
  const { lengths, channels } = found;
  const values = lengths.reduce((product, length) => product * length, channels);
  const bytes = PROGRAM_BYTES + values * (COPIES * found.bytes + Float32Array.BYTES_PER_ELEMENT);
  const raster = isPicture && lengths.length === 2;
  const spatial = raster ? [2, 1] : [1, 2, 3].slice(0, lengths.length);
  const axes = { sizes: [channels, ...lengths], spatial, channel: channels > 1 ? 0 : undefined };
  await announceImage({ volume: volumeOf(axes, head.name), bytes });
  return bytes;
}

/**
 * An ITK image as a Volume, data not copied. Scans: axes as ITK orders them, affine in RAS. Pictures: **X = row, Y = column**, as Clara's loaders hand them
 * out; no affine; RGB order. An alpha channel is left out.
 */
function volumeOfImage(image: Image, name: string, isPicture: boolean): Volume {
  const { imageType, size } = image;
  const { dimension, components, pixelType } = imageType;
  if (!PIXEL_TYPES.includes(pixelType))
    throw unsupported(say`"${name}" has pixels of type ${pixelType}; scalar, vector and RGB images are read`);
  const data = numeric(image.data, name);
  const isRaster = isPicture && dimension === 2;
  const hasAlpha = pixelType === 'RGBA' || (isRaster && (components === 2 || components === 4));
  const channels = hasAlpha ? components - 1 : components;
  const axes = isRaster ? { sizes: [components, ...size], spatial: [2, 1] } : scanAxes(size, components, name);
  if (channels > 1 && axes.channel !== undefined)
    throw unsupported(say`"${name}" is a 4-D image with ${channels} channels per voxel`);
  const affine = isRaster ? undefined : affineOf(image);
  return { data, ...volumeOf(channels > 1 ? { ...axes, channel: 0, kept: channels } : axes, name, affine) };
}

/** Two or three axes of space, and perhaps a fourth one, after the components of a voxel. */
function scanAxes(size: readonly number[], components: number, name: string): FileAxes {
  if (size.length < 2 || size.length > 4)
    throw unsupported(say`"${name}" has ${size.length} dimensions; 2 to 4 are read`);
  return {
    sizes: [components, ...size],
    spatial: [1, 2, 3].slice(0, size.length),
    channel: size.length === 4 && size[3] > 1 ? 4 : undefined,
  };
}

function affineOf({ size, spacing, origin, direction }: Image): Affine {
  const n = size.length;
  const entry = (row: number, column: number) =>
    row < n && column < n ? (direction[n * row + column] as number) * spacing[column] : Number(row === column);
  const steps = [0, 1, 2].map((column) => [0, 1, 2].map((row) => entry(row, column)));
  return rasAffine({ origin, steps });
}

function numeric(data: Image['data'], name: string): NumericArray {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data as NumericArray;
  const values = Float64Array.from(data as BigInt64Array, Number);
  if (values.some((value) => !Number.isSafeInteger(value))) throw beyondFloat64(name);
  return values;
}
