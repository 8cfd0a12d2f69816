import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ImageError } from '../../image-error';
import { contentOf, readHead } from '../file-head';
import { niftiVersion, niftiLayouts } from './header';

interface NamedFile {
  path: string;
  name: string;
}

/**
 * Writes a `.hdr`/`.img` pair as the one file it could have been: the header with its magic and the place of the voxels changed, four zero
 * bytes, the voxels. Header extensions are left out. Whether there are enough voxels is seen when the file is decoded.
 *
 * @param maxBytes most bytes of voxels that are taken
 * @throws ImageError when the header is no NIfTI header of a pair, or the voxels are more than `maxBytes`
 */
export async function joinPair(header: NamedFile, voxels: NamedFile, target: string, maxBytes: number): Promise<void> {
  const { bytes } = await readHead(header.path, header.name);
  const found = niftiVersion(bytes);
  if (!found?.paired) {
    const what = found ? 'it is a whole NIfTI file' : 'ANALYZE files say nothing of left and right, and are not read';
    throw new ImageError('unsupported', `"${header.name}" is no NIfTI header of a .hdr/.img pair: ${what}`);
  }
  const { head, skip } = singleFileHeader(bytes, found);
  const content = contentOf(await readHead(voxels.path, voxels.name));
  await pipeline(Readable.from(joined(head, content, skip, maxBytes, voxels.name)), createWriteStream(target));
}

function singleFileHeader(bytes: Buffer, { version, littleEndian }: { version: 1 | 2; littleEndian: boolean }) {
  const { size, magic, single, voxOffset } = niftiLayouts[version];
  const head = Buffer.alloc(size + 4);
  bytes.copy(head, 0, 0, size);
  head.write(single, magic, 'latin1');
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const skip =
    version === 1 ? view.getFloat32(voxOffset, littleEndian) : Number(view.getBigInt64(voxOffset, littleEndian));
  if (version === 1) view.setFloat32(voxOffset, size + 4, littleEndian);
  else view.setBigInt64(voxOffset, BigInt(size + 4), littleEndian);
  return { head, skip: Math.max(Math.trunc(skip) || 0, 0) };
}

async function* joined(
  head: Buffer,
  voxels: AsyncIterable<Buffer>,
  skip: number,
  maxBytes: number,
  name: string,
): AsyncGenerator<Buffer> {
  yield head;
  let bytes = 0;
  for await (const chunk of voxels) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ImageError('unsupported', `"${name}" holds more than ${maxBytes} bytes`);
    const part = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - part.length;
    if (part.length > 0) yield part;
  }
}
