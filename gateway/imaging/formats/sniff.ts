import type { FileHead } from './file-head';
import { beginsWithElements } from './dicom/file/find-data-set';
import { isMetaImage } from './metaimage/header';
import { niftiVersion } from './nifti/header';

/** Formats recognised by their first bytes. */
export type KnownFormat = 'nifti' | 'png' | 'jpeg' | 'nrrd' | 'mha' | 'dicom' | 'tiff' | 'bmp';

/** The format the content shows, whatever the file is called; undefined when no magic number fits. */
export function formatOf({ bytes, compression }: Pick<FileHead, 'bytes' | 'compression'>): KnownFormat | undefined {
  const starts = (text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text;
  if (niftiVersion(bytes)) return 'nifti';
  if (compression !== 'none') return undefined;
  if (starts('\x89PNG\r\n\x1a\n')) return 'png';
  if (starts('\xff\xd8\xff')) return 'jpeg';
  if (starts('NRRD')) return 'nrrd';
  if (isMetaImage(bytes)) return 'mha';
  if (starts('DICM', 128)) return 'dicom';
  if (starts('II*\0') || starts('MM\0*')) return 'tiff';
  if (starts('BM') && bytes.length > 26 && bytes.readUInt32LE(10) < 4096) return 'bmp';
  return starts('DICM') || beginsWithElements(bytes) ? 'dicom' : undefined;
}
