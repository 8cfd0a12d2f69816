import { chmod, lstat, readdir } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';

/** The umask of the gateway: what it makes is its user's alone. */
export const OWN_ONLY = 0o077;

/** The folders that Triton reads, where they lie in the workspace. */
export interface Passage {
  repositories: readonly string[];
  /** Of a Triton that is another user: it may pass through the folders above them. */
  group?: number;
}

/**
 * Takes the rights of other users from the files of a workspace that an older version made. Triton's folder, and files that have another name there,
 * are left to who writes them.
 * @returns names of the entries of the workspace in which something belongs to another user and stays open
 */
export async function closeToOthers(workspace: string, passage: Passage): Promise<string[]> {
  const root = resolve(workspace);
  const repositories = passage.repositories.map((folder) => resolve(folder));
  const isAboveOne = (path: string) => repositories.some((folder) => folder.startsWith(path + sep));
  const closed = async (path: string, isAbove: boolean) => {
    const { mode } = await lstat(path);
    const taken = mode & (isAbove && passage.group !== undefined ? OWN_ONLY & ~0o010 : OWN_ONLY);
    if (taken === 0) return true;
    return chmod(path, mode & 0o7777 & ~taken).then(() => true, () => false); // prettier-ignore
  };

  /** Children first: a folder that is closed has been gone through. */
  const close = async (path: string): Promise<boolean> => {
    const stats = await lstat(path).catch(() => undefined);
    const isFolder = stats?.isDirectory() === true;
    if (!stats || repositories.includes(path) || !(isFolder || (stats.isFile() && stats.nlink === 1))) return true;
    const isAbove = isAboveOne(path);
    if ((stats.mode & OWN_ONLY) === 0 && !isAbove) return true;
    const names = isFolder ? await readdir(path).catch(() => []) : [];
    let done = true;
    for (const name of names) done = (await close(join(path, name))) && done;
    return (await closed(path, isAbove)) && done;
  };

  const open: string[] = [];
  for (const name of await readdir(root)) if (!(await close(join(root, name)))) open.push(name);
  await closed(root, isAboveOne(root));
  return open;
}
