import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A holder that has not shown itself for so long is taken for dead. Its process, where it can be seen, is dead as soon as it is gone. */
const DEAD_AFTER_MS = 15_000;
const BEAT_EVERY_MS = 1_000;
const TRY_EVERY_MS = 50;

/** Who holds a lock, as its file says. */
export interface Holder {
  id: string;
  /** Machine, boot and process namespace: processes of the same place can see each other. */
  place: string;
  pid: number;
  /** Since when the process runs, in the system's own ticks: process ids are used again. */
  started: string;
}

const place = [hostname(), readOr('/proc/sys/kernel/random/boot_id'), linkOr('/proc/self/ns/pid')].join(' ');

/**
 * A lock that processes on one or several machines share through a folder, and that survives none of them: whoever is killed loses it.
 * It is a file that only one can create; its holder touches it every second.
 */
export class FileLock {
  private beat: NodeJS.Timeout | undefined;
  private readonly mine: Holder = { id: randomUUID(), place, pid: process.pid, started: startOf(process.pid) ?? '' };

  constructor(private readonly file: string) {}

  /** @returns undefined when the lock is ours now, else who has it */
  async tryToTake(): Promise<Holder | undefined> {
    await mkdir(dirname(this.file), { recursive: true });
    while (!(await this.create(this.file))) {
      const holder = await holderOf(this.file);
      if (holder && !(await isDead(holder, this.file))) return holder;
      if (holder && !(await this.removeDead(holder))) return holder;
    }
    this.beat = setInterval(() => {
      const now = new Date();
      utimes(this.file, now, now).catch(() => undefined);
    }, BEAT_EVERY_MS).unref();
    return undefined;
  }

  /** Waits for the lock. @throws the signal's reason when it aborts first */
  async take(signal?: AbortSignal): Promise<void> {
    while (await this.tryToTake()) await sleep(TRY_EVERY_MS * (0.5 + Math.random()), undefined, { signal });
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    clearInterval(this.beat);
    if ((await holderOf(this.file))?.id === this.mine.id) await rm(this.file, { force: true });
  }

  /** Whether a living process holds it. */
  async isHeld(): Promise<boolean> {
    const holder = await holderOf(this.file);
    return holder !== undefined && !(await isDead(holder, this.file));
  }

  /** Makes a file that says it is ours, whole at once; false when there is one already. */
  private async create(file: string): Promise<boolean> {
    const draft = `${file}.${this.mine.id}`;
    await writeFile(draft, JSON.stringify(this.mine));
    try {
      await link(draft, file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Only one at a time removes a dead holder's file, and looks again before; else it could be that of the next one. */
  private async removeDead(holder: Holder): Promise<boolean> {
    const removal = `${this.file}.removal`;
    if (!(await this.create(removal))) {
      // Whoever began this may have died over it.
      const remover = await holderOf(removal);
      if (remover && (await isDead(remover, removal))) await rm(removal, { force: true });
      return false;
    }
    try {
      const now = await holderOf(this.file);
      if (now?.id === holder.id && (await isDead(now, this.file))) await rm(this.file, { force: true });
    } finally {
      await rm(removal, { force: true });
    }
    return true;
  }
}

/** Undefined when there is no lock. */
async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function isDead(holder: Holder, file: string): Promise<boolean> {
  if (holder.place === place) return startOf(holder.pid) !== holder.started;
  const age = await ageOf(file);
  return age !== undefined && age > DEAD_AFTER_MS;
}

/** When a process was started; undefined when there is none with that id, or its system does not tell. */
function startOf(pid: number): string | undefined {
  const text = readOr(`/proc/${pid}/stat`);
  if (text) return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
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
