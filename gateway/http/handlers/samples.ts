import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Sample } from '../../contract/sessions';

/**
 * The files of a list of files and folders; of two with the same name the first. A place that does not exist is left out, so that a
 * sample may be fetched after the start.
 */
export async function findSamples(places: readonly string[] = []): Promise<(Sample & { path: string })[]> {
  const found = new Map<string, Sample & { path: string }>();
  for (const path of (await Promise.all(places.map(filesAt))).flat()) {
    const about = await stat(path).catch(() => undefined);
    const name = basename(path);
    if (about?.isFile() && !name.startsWith('.') && !found.has(name))
      found.set(name, { name, bytes: about.size, path });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function filesAt(place: string): Promise<string[]> {
  const names = await readdir(place).catch(() => undefined);
  return names ? names.map((name) => join(place, name)) : [place];
}
