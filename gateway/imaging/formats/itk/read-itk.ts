import { copyFile, link, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Image } from 'itk-wasm' with { 'resolution-mode': 'import' };
import { unreadable, unsupported } from '../../image-error';
import type { Affine, NumericArray, Volume } from '../../volume';
import type { FileHead } from '../file-head';
import type { ImageFormat } from '../image-format';
import { volumeOf, type FileAxes } from '../image-plan';
import { beyondFloat64 } from '../value-types';
import { rasAffine } from '../vectors';
import { checkComplete } from './check-complete';

type Reader = `${'png' | 'jpeg' | 'tiff' | 'bmp' | 'gipl' | 'mgh' | 'minc' | 'mrc' | 'vtk'}ReadImageNode`;

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
    const image = await readWithItk(reader, suffix, head, name);
    return { format: name, volume: volumeOfImage(image, head.name, marks !== undefined), slope: 1, intercept: 0 };
  },
}));

/** The reader sees a private folder with this one file only: a header cannot reach any other. @throws ImageError when ITK gives up */
async function readWithItk(reader: Reader, suffix: string, { path, name }: FileHead, format: string): Promise<Image> {
  const directory = await mkdtemp(join(tmpdir(), 'image-'));
  try {
    const file = join(directory, `image${suffix}`);
    await link(resolve(path), file).catch(() => copyFile(path, file));
    const io = await import('@itk-wasm/image-io');
    const { image } = await (io[reader](file) as Promise<{ image?: Image }>).catch((cause: unknown) => {
      // An aborted WebAssembly program throws the address of a C++ exception: a number, not an Error.
      const reason = cause instanceof Error ? ` (${cause.message})` : '';
      throw unreadable(`"${name}" is damaged or truncated: the ${format} reader gave up${reason}`, cause);
    });
    if (image?.data) return image;
    throw unreadable(`"${name}" cannot be read as ${format}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * An ITK image as a Volume, data not copied. Scans: axes as ITK orders them, affine in RAS. Pictures: **X = row, Y = column**, as Clara's loaders hand them
 * out; no affine; RGB order. An alpha channel is left out.
 */
function volumeOfImage(image: Image, name: string, isPicture: boolean): Volume {
  const { imageType, size } = image;
  const { dimension, components, pixelType } = imageType;
  if (!PIXEL_TYPES.includes(pixelType))
    throw unsupported(`"${name}" has pixels of type ${pixelType}; scalar, vector and RGB images are read`);
  const data = numeric(image.data, name);
  const isRaster = isPicture && dimension === 2;
  const hasAlpha = pixelType === 'RGBA' || (isRaster && (components === 2 || components === 4));
  const channels = hasAlpha ? components - 1 : components;
  const axes = isRaster ? { sizes: [components, ...size], spatial: [2, 1] } : scanAxes(size, components, name);
  if (channels > 1 && axes.channel !== undefined)
    throw unsupported(`"${name}" is a 4-D image with ${channels} channels per voxel`);
  const affine = isRaster ? undefined : affineOf(image);
  return { data, ...volumeOf(channels > 1 ? { ...axes, channel: 0, kept: channels } : axes, name, affine) };
}

/** Two or three axes of space, and perhaps a fourth one, after the components of a voxel. */
function scanAxes(size: readonly number[], components: number, name: string): FileAxes {
  if (size.length < 2 || size.length > 4) throw unsupported(`"${name}" has ${size.length} dimensions; 2 to 4 are read`);
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
