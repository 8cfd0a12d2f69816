import { dicom } from './dicom/read-series';
import type { FileHead } from './file-head';
import type { ImageFormat } from './image-format';
import { itkFormats } from './itk/read-itk';
import { metaImage } from './metaimage/metaimage';
import { nifti } from './nifti/read-nifti';
import { nrrd } from './nrrd/nrrd';

/** Every format that is read, in the order in which their marks are looked for. */
const formats: readonly ImageFormat[] = [nifti, nrrd, metaImage, dicom, ...itkFormats];

/** The format the content shows, whatever the file is called; undefined when no magic number fits. */
export function formatOf({ bytes, compression }: Pick<FileHead, 'bytes' | 'compression'>): ImageFormat | undefined {
  return formats.find((format) => (format.compressed || compression === 'none') && format.matches?.(bytes));
}

/** The format to try for a file without magic bytes, from its name. */
export function formatBySuffix(name: string): ImageFormat | undefined {
  const suffix = /\.[a-z0-9]+$/.exec(name.toLowerCase())?.[0];
  return suffix === undefined ? undefined : formats.find((format) => format.suffix === suffix);
}
