import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { startOf } from './run-file';

/** A holder on another machine that has not shown itself for so long is taken for dead. On the same machine it is dead as soon as its process is gone. */
export const DEAD_AFTER_MS = 15_000;

/** Who holds a lock, as its file says. */
export interface Holder {
  id: string;
  /** Machine, boot and process namespace: processes of the same place can see each other. */
  place: string;
  pid: number;
  /** See {@link startOf}. */
  started: string;
}

/** A file that is being written, or damaged, belongs to somebody unknown. */
const UNKNOWN: Holder = { id: '', place: 'unknown', pid: 0, started: '' };

const bootId = textOrNone(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
const place = [hostname(), bootId, textOrNone(() => readlinkSync('/proc/self/ns/pid'))].join(' ');

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

const UNREADABLE = ['EISDIR', 'EACCES', 'EPERM'];

/** Undefined when there is no such file. */
export async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    const read = JSON.parse(await readFile(file, 'utf8')) as Partial<Holder> | null;
    return typeof read?.id === 'string' && typeof read.place === 'string' ? { ...UNKNOWN, ...read } : UNKNOWN;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError || UNREADABLE.includes(code)) return UNKNOWN;
    throw error;
  }
}

export async function isDead(holder: Holder, file: string): Promise<boolean> {
  if (isHere(holder)) return startOf(holder.pid) !== holder.started;
  const age = await ageOf(file);
  return age !== undefined && age > DEAD_AFTER_MS;
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

/** Empty where the system has no such file. */
function textOrNone(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
