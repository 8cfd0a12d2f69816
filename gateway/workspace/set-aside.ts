import { lstat, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const MARK = '.damaged-';

type Tell = (message: string, facts: { file: string; kept?: string }) => void;
let tell: Tell = () => undefined;

/** From now on `to` hears of files that cannot be read. */
export function tellOfDamage(to: Tell): void {
  tell = to;
}

/** The name of a file with its folder: enough to find it in the workspace. */
const nameOf = (path: string) => join(basename(dirname(path)), basename(path));

/** Tells of a file that is not touched. */
export const tellUnread = (path: string): void =>
  tell('a file cannot be read; it is left as it is', { file: nameOf(path) });

/** Whether a name is one that {@link setAside} gave. */
export const isSetAside = (name: string): boolean => name.includes(MARK);

/** Renames what cannot be read, so that its place is free and nothing of it is lost. @returns its new path; undefined when it is not there */
export async function setAside(path: string): Promise<string | undefined> {
  for (let number = 1; ; number++) {
    const kept = `${path}${MARK}${number}`;
    if (await lstat(kept).catch(() => undefined)) continue;
    try {
      await rename(path, kept);
      tell('a file cannot be read; it was set aside', { file: nameOf(path), kept: nameOf(kept) });
      return kept;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
