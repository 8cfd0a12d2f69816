import { open } from 'node:fs/promises';
import { ImageError } from '../../image-error';
import { checkRoom, readVoxels } from '../voxel-source';
import type { DetachedImage } from './find-detached';

/**
 * Writes a header and the files of its voxels as the one file they could have been, not compressed.
 *
 * @param maxBytes most bytes of voxels that are taken
 * @returns what the user should know, one sentence each
 * @throws ImageError, naming the file, when voxels are too few or damaged; when there are more than `maxBytes`
 */
export async function joinDetached(image: DetachedImage, target: string, maxBytes: number): Promise<string[]> {
  const { header, files, sizes, bytes, type, joinedHeader } = image;
  if (bytes > maxBytes)
    throw new ImageError('unsupported', `"${header.name}" has ${bytes} bytes of voxels; ${maxBytes} are taken`);
  const part = bytes / files.length;
  const warnings: string[] = [];
  const out = await open(target, 'w');
  try {
    await out.writeFile(joinedHeader, 'latin1');
    for (const file of files) {
      const source = await image.sourceOf(file);
      checkRoom(source, part, sizes);
      const trailing = await readVoxels(source, part, type, (piece) => out.writeFile(piece));
      if (trailing > 0)
        warnings.push(`"${file.name}" holds ${trailing} or more bytes after its last voxel; they are left out`);
    }
  } finally {
    await out.close();
  }
  return warnings;
}
