import { lstat, rename } from 'node:fs/promises';

const MARK = '.damaged-';

/** Whether a name is one that {@link setAside} gave. */
export const isSetAside = (name: string): boolean => name.includes(MARK);

/** Renames what cannot be read, so that its place is free and nothing of it is lost. @returns its new path; undefined when it is not there */
export async function setAside(path: string): Promise<string | undefined> {
  for (let number = 1; ; number++) {
    const kept = `${path}${MARK}${number}`;
    if (await lstat(kept).catch(() => undefined)) continue;
    try {
      await rename(path, kept);
      return kept;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
