import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkFreeRoom } from '../free-room';
import { formatOf } from '../imaging/formats/decode';
import { readHead } from '../imaging/formats/file-head';
import { asSessionFailure, type ToNifti } from './import-image';
import { known, type Sentence } from '../sentence';

/**
 * The image of a session as a NIfTI file with the voxels in the order that points are counted in: the file itself when it is one, plain or
 * gzip, else decoded into `path`. It is to be removed after it was read; `warnings` tell the user how the image was read for it.
 * @throws the codes of decoding an image
 */
export async function niftiOf(
  { image }: { image: { path: string; name: string } },
  path: string,
  signal: AbortSignal,
  decode: ToNifti,
): Promise<{ path: string; warnings: readonly Sentence[]; remove(): Promise<void> }> {
  const remove = () => rm(path, { force: true });
  try {
    const head = await readHead(image.path, image.name);
    if (formatOf(head)?.name === 'nifti' && head.compression !== 'zstd')
      return { path: image.path, warnings: [], remove: () => Promise.resolve() };
    const room = (bytes: number) => checkFreeRoom(dirname(path), bytes, known('an image'));
    const { warnings } = await decode(image.path, path, { name: image.name }, signal, room);
    return { path, warnings, remove };
  } catch (error) {
    await remove();
    throw asSessionFailure(error, image.name);
  }
}
