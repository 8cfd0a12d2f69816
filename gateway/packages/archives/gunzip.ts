import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../errors';
import { checkSizes, DamagedArchive, type ArchiveLimits } from './limits';

/**
 * Unpacks a gzip file to `target`, up to the limits.
 * @throws UnsafeArchive beyond them, DamagedArchive when it is not whole, and what the disk says
 */
export async function gunzip(path: string, target: string, limits: ArchiveLimits): Promise<void> {
  const { size } = await stat(path);
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      try {
        checkSizes(bytes, size, limits);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), counted, createWriteStream(target, { flags: 'wx' }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_'))
      throw new DamagedArchive(`it cannot be decompressed (${messageOf(error)}); it is damaged or cut off`, {
        cause: error,
      });
    throw error;
  }
}
