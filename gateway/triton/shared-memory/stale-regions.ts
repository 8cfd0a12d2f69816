import { readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Channel } from '../channel';

/** Files are named after the process and the thread that made them. */
const ours = /^aiaa_gateway_(\d+)_(\w+?)_/;

/**
 * Removes the regions that killed gateways left behind: files of processes that are gone, and files older than this
 * process that bear its number (in a container the number is often the same each time).
 *
 * Safe even for a gateway in another container, whose number means nothing here: what is mapped stays mapped, only a
 * later registration would fail, and then it makes a new region.
 * @param endedThread a worker thread of this process that ended without closing its client: its regions go, too
 * @returns names of the removed files
 */
export async function sweepStaleRegions(directory = '/dev/shm', endedThread?: number): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    const [, pid, thread] = ours.exec(name) ?? [];
    if (!pid) continue;
    const file = path.join(directory, name);
    try {
      const isStale =
        Number(pid) === process.pid
          ? thread === String(endedThread) || (await stat(file)).mtimeMs < startOfProcess()
          : !isAlive(Number(pid));
      if (!isStale) continue;
      await unlink(file);
      removed.push(name);
    } catch {
      // Another gateway swept it first, or it belongs to another user.
    }
  }
  return removed;
}

/**
 * Makes Triton let go of removed regions; until then, or its restart, it keeps their memory.
 * @param names as {@link sweepStaleRegions} returned them
 * @returns how many it knew
 */
export async function unregisterStaleRegions(channel: Channel, names: readonly string[]): Promise<number> {
  if (names.length === 0) return 0;
  const { regions } = await channel.call('SystemSharedMemoryStatus', {});
  const known = names.filter((name) => name in regions);
  const results = await Promise.allSettled(known.map((name) => channel.call('SystemSharedMemoryUnregister', { name })));
  return results.filter(({ status }) => status === 'fulfilled').length;
}

function startOfProcess(): number {
  return Date.now() - process.uptime() * 1000;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
