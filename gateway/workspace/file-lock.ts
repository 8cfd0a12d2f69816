import { link, mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { holderOf, isDead, newHolder, type Holder } from './holder';
import { isSetAside, setAside } from './set-aside';

const BEAT_EVERY_MS = 1_000;
const TRY_EVERY_MS = 50;

/**
 * A lock that processes on one or several machines share through a folder, and that a kill releases. It is a file that only one can create;
 * its holder writes into it every second, so that the disk's own clock tells how long it lives.
 */
export class FileLock {
  private readonly mine = newHolder();
  private readonly text = JSON.stringify(this.mine);
  private beat: NodeJS.Timeout | undefined;
  private handle: FileHandle | undefined;

  constructor(private readonly file: string) {}

  /** @returns undefined when the lock is ours now, else who has it */
  async tryToTake(): Promise<Holder | undefined> {
    await mkdir(dirname(this.file), { recursive: true });
    while (!(this.handle = await this.create(this.file))) {
      const holder = await holderOf(this.file);
      if (holder && !(await isDead(holder, this.file))) return holder;
      if (holder && !(await this.removeDead(holder))) return holder;
    }
    this.beat = setInterval(() => void this.show().catch(() => undefined), BEAT_EVERY_MS).unref();
    return undefined;
  }

  /** Waits for the lock. @throws the signal's reason when it aborts first */
  async take(signal?: AbortSignal): Promise<void> {
    while (await this.tryToTake()) {
      await sleep(TRY_EVERY_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    clearInterval(this.beat);
    await this.handle?.close().catch(() => undefined);
    this.handle = undefined;
    if (await this.isOurs()) await rm(this.file, { force: true });
  }

  /** False once another process took this one for dead, which it may after some seconds without a sign of it. */
  async isOurs(): Promise<boolean> {
    return (await holderOf(this.file))?.id === this.mine.id;
  }

  private async show(): Promise<void> {
    await this.handle?.write(this.text, 0);
    await this.handle?.datasync();
  }

  /**
   * Makes a file that says it is ours, whole at once.
   * @returns the open file, which is ours for certain, even if its name means another one by now; undefined when there is one already
   */
  private async create(file: string): Promise<FileHandle | undefined> {
    const draft = join(dirname(file), `.${basename(file)}.${this.mine.id}`);
    const handle = await open(draft, 'w');
    let linked = false;
    try {
      await handle.write(this.text, 0);
      linked = await linkOnce(draft, file);
      return linked ? handle : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
      return await this.createWithoutLinks(file);
    } finally {
      if (!linked) await handle.close();
      await rm(draft, { force: true });
    }
  }

  /** For file systems without hard links. */
  private async createWithoutLinks(file: string): Promise<FileHandle | undefined> {
    try {
      const handle = await open(file, 'wx');
      await handle.write(this.text, 0);
      return handle;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }

  /** Only one at a time removes a dead holder's file, and looks again before; else it could be that of the next one. */
  private async removeDead(holder: Holder): Promise<boolean> {
    const removal = `${this.file}.removal`;
    const removing = await this.create(removal);
    if (!removing) {
      // The process that began this may have died in the middle of it.
      const remover = await holderOf(removal);
      if (remover && (await isDead(remover, removal))) await removeFileOf(remover, removal);
      return false;
    }
    try {
      const now = await holderOf(this.file);
      if (now?.id === holder.id && (await isDead(now, this.file))) await removeFileOf(now, this.file);
    } finally {
      await removing.close();
      await rm(removal, { force: true });
    }
    return true;
  }
}

/** A lock that does not say whose it is may be something else: it is set aside. */
async function removeFileOf({ id }: Holder, file: string): Promise<void> {
  if (id === '') await setAside(file);
  else await rm(file, { force: true });
}

/** Gives a file a second name; false when there is one of that name already. */
async function linkOnce(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A network file system may have done it and lost the answer.
    return (await stat(draft)).nlink > 1;
  }
}

/** Removes from a folder of locks what dead processes left: their locks, and files they were just making. */
export async function sweepLocks(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries.filter((entry) => entry.isFile() && !isSetAside(entry.name))) {
    const file = join(folder, name);
    const holder = await holderOf(file).catch(() => undefined);
    if (!holder || !(await isDead(holder, file))) continue;
    if (name.startsWith('.') || name.endsWith('.removal')) await rm(file, { force: true });
    else {
      const lock = new FileLock(file);
      if (!(await lock.tryToTake())) await lock.release();
    }
  }
}
