import { statfs } from 'node:fs/promises';
import { codes, fail } from './errors';
import { say, type Said } from './sentence';

/** Code of {@link checkFreeRoom}. */
export const freeRoomErrors = codes('DISK_FULL');

/** For messages: to a quarter. */
export const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 18) / 4;

/**
 * To be asked before a file is written.
 * @param bytes that are about to be written to the disk of `folder`
 * @param what they are, such as "an upload"
 * @throws DISK_FULL with its size and the room that there is
 */
export async function checkFreeRoom(folder: string, bytes: number, what: Said): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (bytes > free)
    throw fail('DISK_FULL', { what: say`${what} of ${megabytes(bytes)} MB: ${megabytes(free)} MB are free` });
}
