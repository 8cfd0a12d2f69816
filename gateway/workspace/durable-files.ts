import { chmod, chown, copyFile, cp, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Forces a file or folder to the disk, so that it is whole after a power cut. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** {@link flush} for a folder and everything in it. */
export async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? flushTree(path) : flush(path));
  }
  await flush(folder);
}

/** Moves a file or folder, also to another disk. */
export async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true });
    await rm(from, { recursive: true });
  }
}

/** The same file or folder at a second place: hard links where the disk allows it, else copies. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  if ((await stat(from)).isDirectory()) {
    await mkdir(to, { recursive: true });
    for (const name of await readdir(from)) await linkOrCopy(join(from, name), join(to, name));
    return;
  }
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}

/** Lets Triton read a file, or a folder and everything in it. @param group of Triton where it is another user */
export async function makeReadable(path: string, group?: number): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder) for (const name of await readdir(path)) await makeReadable(join(path, name), group);
  if (group !== undefined) await chown(path, -1, group);
  await chmod(path, (isFolder ? 0o755 : 0o644) & (group === undefined ? 0o700 : 0o770));
}

/** Programs of another user that read a folder, such as Triton. */
export interface Readers {
  /** Their group. */
  group: number;
  /** A folder that is closed to others: where the one to be read lies in it, they may pass through, and see nothing beside. */
  closed: string;
}

/** Makes a folder that a group may read, also through folders that are closed to others. */
export async function letGroupIn(folder: string, { group, closed }: Readers): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chown(folder, -1, group);
  await chmod(folder, 0o750);
  const steps = relative(closed, folder).split(sep).slice(0, -1);
  if (steps[0] === '..') return;
  for (const passed of [closed, ...steps.map((_, at) => join(closed, ...steps.slice(0, at + 1)))]) {
    await chown(passed, -1, group);
    await chmod(passed, 0o710);
  }
}
