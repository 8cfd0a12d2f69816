import { rm } from 'node:fs/promises';
import { readHead } from '../imaging/formats/file-head';
import { formatOf } from '../imaging/formats/decode';
import { asSessionFailure, type ToNifti } from './import-image';
import type { SessionUse } from './store';
import { toNifti } from './to-nifti';

/** A NIfTI file to be read; `remove` when it was. */
export interface NiftiFile {
  path: string;
  /** What the user should know about how the image was read for it. */
  warnings: readonly string[];
  remove(): Promise<void>;
}

/**
 * The image of a session as a NIfTI file with the voxels in the order that points are counted in: the file itself when it is one, plain or
 * gzip, else decoded into `path`.
 * @throws UNREADABLE_IMAGE, UNSUPPORTED_IMAGE, CANCELLED
 */
export async function niftiOf(
  { image }: Pick<SessionUse, 'image'>,
  path: string,
  signal: AbortSignal,
  decode: ToNifti = toNifti,
): Promise<NiftiFile> {
  try {
    const head = await readHead(image.path, image.name);
    if (formatOf(head)?.name === 'nifti' && head.compression !== 'zstd')
      return { path: image.path, warnings: [], remove: () => Promise.resolve() };
    const remove = () => rm(path, { force: true });
    try {
      const { warnings } = await decode(image.path, path, { name: image.name }, signal);
      return { path, warnings, remove };
    } catch (error) {
      await remove();
      throw error;
    }
  } catch (error) {
    throw asSessionFailure(error, image.name);
  }
}
