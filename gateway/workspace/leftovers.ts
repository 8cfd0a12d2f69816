import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A name for something unfinished that tells whose it is: `<gateway>.<anything>`. */
export function ownedName(gateway: string): string {
  return `${gateway}.${randomUUID()}`;
}

/** Removes from a folder of unfinished things those of gateways that are gone. */
export async function removeLeftovers(folder: string, alive: ReadonlySet<string>): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => !alive.has(name.split('.')[0]));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
