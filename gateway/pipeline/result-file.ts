import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFreeRoom } from '../free-room';
import { known } from '../sentence';

/** The encoded result of a job. */
export interface ResultFile {
  /** The file itself when it is small, else where it lies; the job's folder goes away with the answer. */
  content: Uint8Array | { path: string };
  /** ASCII name for the client, for example `result.nii.gz`. */
  name: string;
  contentType: string;
  bytes: number;
}

/** Up to here a copy between threads is quicker than a file that is written, looked up and read: several trips through the thread pool. */
const IN_MEMORY_UP_TO_BYTES = 1 << 20;

/** Keeps an encoded result until it is sent: in memory, or in `directory` when it is large. @throws DISK_FULL */
export async function keepResult(
  bytes: Uint8Array,
  { directory, name, contentType }: { directory: string; name: string; contentType: string },
): Promise<ResultFile> {
  const about = { name, contentType, bytes: bytes.length };
  // A copy: a view takes all of its buffer along to another thread.
  if (bytes.length <= IN_MEMORY_UP_TO_BYTES) return { content: new Uint8Array(bytes), ...about };
  await mkdir(directory, { recursive: true });
  await checkFreeRoom(directory, bytes.length, known('a result'));
  const path = join(directory, name);
  await writeFile(path, bytes);
  return { content: { path }, ...about };
}
