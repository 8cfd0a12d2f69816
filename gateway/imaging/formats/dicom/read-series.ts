import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Image } from 'itk-wasm' with { 'resolution-mode': 'import' };
import { ImageError } from '../../image-error';
import type { DecodedImage } from '../decoded-image';
import { readHead } from '../file-head';
import { volumeOf } from '../itk/volume-of-image';
import { readDicomFile } from './read-file';
import { readSliceHeader, type SliceHeader } from './read-header';
import { stackSlices } from './slice-stack';

/** ITK is a 32-bit program: the stack and one more slice must fit into its memory. */
const MAX_VOXELS = 2 ** 29;
const AT_ONCE = 32;

/**
 * A folder of DICOM files as one volume: columns fastest, then rows, then slices along the normal; rescaled values (Hounsfield units for
 * CT); affine in RAS. Every transfer syntax that GDCM reads, JPEG 2000 among them. Objects without pixels are left out.
 *
 * A folder with several series is refused with their list: which one the user looks at cannot be guessed.
 *
 * @throws ImageError when the files are not one regular stack of slices
 */
export async function readDicomSeries(directory: string, name: string): Promise<DecodedImage> {
  const headers = onlySeries(await readHeaders(directory), name);
  if (headers.length === 1) return readDicomFile(await readHead(headers[0].path, name));
  const framed = headers.find(({ frames }) => frames > 1);
  if (framed) {
    throw new ImageError(
      'unsupported',
      `"${name}" holds ${headers.length} files, one of them with ${framed.frames} frames; a series is many files of one frame, or one file`,
    );
  }
  const voxels = headers[0].rows * headers[0].columns * headers.length;
  if (voxels > MAX_VOXELS) throw new ImageError('unsupported', `"${name}" is too large: ${voxels} voxels`);

  const { slices, affine } = stackSlices(headers);
  const image = await readSorted(
    slices.map(({ path }) => resolve(path)),
    name,
  );
  const volume = volumeOf(image, name, 'dicom');
  const properties = { ...volume.properties, originalAffine: affine };
  return { format: 'dicom', volume: { ...volume, affine, properties }, slope: 1, intercept: 0 };
}

async function readHeaders(directory: string): Promise<SliceHeader[]> {
  const names = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isFile());
  const headers: SliceHeader[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const read = await Promise.all(some.map(({ name }) => readSliceHeader(join(directory, name), name)));
    headers.push(...read.filter((header) => header !== undefined));
  }
  return headers;
}

function onlySeries(headers: SliceHeader[], name: string): SliceHeader[] {
  if (headers.length === 0) throw new ImageError('unreadable', `"${name}" holds no DICOM image`);
  const series = new Map<string, SliceHeader[]>();
  for (const header of headers) series.set(header.series, [...(series.get(header.series) ?? []), header]);
  if (series.size === 1) return headers;
  const list = [...series.values()]
    .sort((a, b) => b.length - a.length)
    .map((some) => {
      const [{ modality, description, series: uid }] = some;
      return `${some.length} images of ${[modality, description && `"${description}"`, uid].filter(Boolean).join(' ')}`;
    });
  throw new ImageError('unsupported', `"${name}" holds ${series.size} series, send one: ${list.join('; ')}`);
}

async function readSorted(files: string[], name: string): Promise<Image> {
  const { readImageDicomFileSeriesNode } = await import('@itk-wasm/dicom');
  let image: Image | undefined;
  try {
    image = (await readImageDicomFileSeriesNode({ inputImages: files, singleSortedSeries: true })).outputImage;
  } catch (cause) {
    // An aborted WebAssembly program throws the address of a C++ exception: a number, not an Error.
    const reason = cause instanceof Error ? `: ${cause.message.trim().split('\n').pop()}` : '';
    throw new ImageError('unreadable', `the pixels of "${name}" cannot be decoded${reason}`, { cause });
  }
  if (image?.data) return image;
  throw new ImageError('unreadable', `the pixels of "${name}" cannot be decoded`);
}
