import { copyFile, link, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Image } from 'itk-wasm' with { 'resolution-mode': 'import' };
import { ImageError } from '../../image-error';
import type { DecodedImage } from '../decoded-image';
import type { FileHead } from '../file-head';
import { checkComplete } from './check-complete';
import { volumeOf } from './volume-of-image';

/** ITK's reader for each format, and the suffix it insists on. */
const readers = {
  png: ['pngReadImageNode', '.png'],
  jpeg: ['jpegReadImageNode', '.jpg'],
  tiff: ['tiffReadImageNode', '.tif'],
  bmp: ['bmpReadImageNode', '.bmp'],
  gipl: ['giplReadImageNode', '.gipl'],
  mgh: ['mghReadImageNode', '.mgh'],
  mgz: ['mghReadImageNode', '.mgz'],
  minc: ['mincReadImageNode', '.mnc'],
  mrc: ['mrcReadImageNode', '.mrc'],
  vtk: ['vtkReadImageNode', '.vtk'],
} as const;

export type ItkFormat = keyof typeof readers;

/** The format to try for a file without magic bytes, from its name. */
export function formatBySuffix(name: string): ItkFormat | 'dicom' | undefined {
  const suffix = name.toLowerCase().match(/\.[a-z0-9]+$/)?.[0];
  if (suffix === '.dcm') return 'dicom';
  return (Object.keys(readers) as ItkFormat[]).find(
    (format) => readers[format][1] === suffix && !checkedByMagic.has(format),
  );
}

/** These are never believed from the name alone: their content would have shown it. */
const checkedByMagic = new Set<ItkFormat>(['png', 'jpeg', 'tiff', 'bmp']);

/**
 * Decodes through ITK compiled to WebAssembly, in this process, without threads or downloads.
 *
 * The reader sees a private folder with this one file only: a header cannot reach any other.
 * Geometry is converted from ITK's LPS to RAS; rasters (PNG, JPEG, TIFF, BMP) get none and are `XY` with rows first.
 *
 * @throws ImageError when ITK refuses the file or aborts on it
 */
export async function readWithItk(head: FileHead, format: ItkFormat): Promise<DecodedImage> {
  await checkComplete(head, format);
  const [reader, suffix] = readers[format];
  const directory = await mkdtemp(join(tmpdir(), 'image-'));
  try {
    const file = join(directory, `image${suffix}`);
    const path = resolve(head.path);
    await link(path, file).catch(() => copyFile(path, file));
    const image = await read(reader, file, head.name, format);
    return { format, volume: volumeOf(image, head.name, format), slope: 1, intercept: 0 };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function read(
  reader: (typeof readers)[ItkFormat][0],
  file: string,
  name: string,
  format: string,
): Promise<Image> {
  const io = await import('@itk-wasm/image-io');
  let result: { couldRead: unknown; image?: Image };
  try {
    result = await io[reader](file);
  } catch (cause) {
    // An aborted WebAssembly program throws the address of a C++ exception: a number, not an Error.
    const reason = cause instanceof Error ? ` (${cause.message})` : '';
    throw new ImageError('unreadable', `"${name}" is damaged or truncated: the ${format} reader gave up${reason}`, {
      cause,
    });
  }
  if (result.image?.data) return result.image;
  throw new ImageError('unreadable', `"${name}" cannot be read as ${format}`);
}
