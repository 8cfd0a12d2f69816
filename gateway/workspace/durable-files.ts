import { chmod, chown, copyFile, cp, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

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

/** Lets Triton read a file, or a folder and everything in it. @param group of Triton; without it everybody may read */
export async function makeReadable(path: string, group?: number): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder) for (const name of await readdir(path)) await makeReadable(join(path, name), group);
  if (group !== undefined) await chown(path, -1, group);
  await chmod(path, (isFolder ? 0o755 : 0o644) & (group === undefined ? 0o777 : 0o770));
}
