import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

/** A holder on another machine that has not shown itself for so long is taken for dead. On the same machine it is dead as soon as its process is gone. */
export const DEAD_AFTER_MS = 15_000;

/** Who holds a lock, as its file says. */
export interface Holder {
  id: string;
  /** Machine, boot and process namespace: processes of the same place can see each other. */
  place: string;
  pid: number;
  /** Since when the process runs, in the system's own ticks: process ids are used again. */
  started: string;
}

const place = [hostname(), readOr('/proc/sys/kernel/random/boot_id').trim(), linkOr('/proc/self/ns/pid')].join(' ');

/** This process, as the holder of one more lock. */
export function newHolder(): Holder {
  return { id: randomUUID(), place, pid: process.pid, started: startOf(process.pid) ?? '' };
}

/** Whether this process can see for itself that the holder lives. */
export function isHere(holder: Holder): boolean {
  return holder.place === place;
}

/** For sentences: `process 123 on host`. */
export function describeHolder({ pid, place: where }: Holder): string {
  return `process ${pid} on ${where.split(' ')[0]}`;
}

/** Undefined when there is no such file. One that is still being written belongs to somebody unknown. */
export async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError) return { id: '', place: 'unknown', pid: 0, started: '' };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function isDead(holder: Holder, file: string): Promise<boolean> {
  if (isHere(holder)) return startOf(holder.pid) !== holder.started;
  const age = await ageOf(file);
  return age !== undefined && age > DEAD_AFTER_MS;
}

/** When a process was started; undefined when there is none with that id. */
function startOf(pid: number): string | undefined {
  const text = readOr(`/proc/${pid}/stat`);
  if (text) {
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : fields[18];
  }
  if (process.platform === 'linux') return undefined;
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : undefined;
  }
}

/** How long ago a file was touched, by the clock of the disk it lies on: that of another machine may differ from ours. */
async function ageOf(file: string): Promise<number | undefined> {
  const probe = join(dirname(file), `.clock-${randomUUID()}`);
  try {
    const { mtimeMs } = await stat(file);
    await writeFile(probe, '');
    return (await stat(probe)).mtimeMs - mtimeMs;
  } catch {
    return undefined;
  } finally {
    await rm(probe, { force: true });
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function linkOr(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
