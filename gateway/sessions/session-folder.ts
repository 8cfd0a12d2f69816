import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session, SessionRecord } from './session';

const RECORD = 'session.json';
/** Sessions that are being made; left behind only by a gateway that was killed. */
const UNFINISHED = '.new-';
/** The DICOM files a session was made of, kept for results in DICOM form. */
export const ORIGINALS = 'dicom';

/** Begins the name of the empty file that says which gateway has the session. */
const OWNER = 'owner-';

/** `<workspace>/sessions`: one folder per session, complete from the moment it carries the session's id. */
export class SessionFolder {
  /** @param gateway whose sessions are made here */
  constructor(
    private readonly root: string,
    private readonly gateway = 'alone',
  ) {}

  pathOf(id: string, ...names: string[]): string {
    return join(this.root, id, ...names);
  }

  /** A folder for a session that is being made. */
  async begin(id: string): Promise<string> {
    const folder = this.unfinished(id);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** Gives the finished folder its name; from here on a restart finds the session. */
  async finish(record: SessionRecord): Promise<void> {
    const folder = this.unfinished(record.id);
    await writeFile(join(folder, OWNER + this.gateway), '');
    await writeFile(join(folder, RECORD), `${JSON.stringify(record)}\n`);
    await rename(folder, join(this.root, record.id));
  }

  async abandon(id: string): Promise<void> {
    await rm(this.unfinished(id), { recursive: true, force: true });
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.root, id), { recursive: true, force: true });
  }

  /** The last use is the modification time of the record: one system call, and never a half-written file. */
  async touch(id: string, lastUse: number): Promise<void> {
    await utimes(join(this.root, id, RECORD), lastUse / 1000, lastUse / 1000);
  }

  /**
   * Every whole session on the disk that no other living gateway has, from now on this one's; what is not a session and nobody is making is
   * removed.
   */
  async recover(alive: ReadonlySet<string>): Promise<Session[]> {
    await mkdir(this.root, { recursive: true });
    const sessions: Session[] = [];
    for (const id of await readdir(this.root)) {
      if (id.startsWith(UNFINISHED)) {
        if (!alive.has(id.slice(UNFINISHED.length).split('.')[0])) await this.remove(id);
        continue;
      }
      const owner = await this.ownerOf(id);
      if (owner !== undefined && owner !== this.gateway && alive.has(owner)) continue;
      // First it is this one's, then it is looked at: in a folder that another one takes at that moment, a file may be missing.
      if (owner !== this.gateway && !(await this.takeOver(id, owner))) continue;
      const session = await this.read(id).catch(() => undefined);
      if (session) sessions.push(session);
      else await this.remove(id);
    }
    return sessions;
  }

  private unfinished(id: string): string {
    return join(this.root, `${UNFINISHED}${this.gateway}.${id}`);
  }

  private async ownerOf(id: string): Promise<string | undefined> {
    const names = await readdir(join(this.root, id)).catch(() => []);
    return names.find((name) => name.startsWith(OWNER))?.slice(OWNER.length);
  }

  /** False when another gateway that is starting was faster: only one can rename the file. What is no folder is nobody's. */
  private async takeOver(id: string, owner: string | undefined): Promise<boolean> {
    const mine = this.pathOf(id, OWNER + this.gateway);
    try {
      await (owner === undefined ? writeFile(mine, '') : rename(this.pathOf(id, OWNER + owner), mine));
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
      return code === 'ENOTDIR';
    }
  }

  private async read(id: string): Promise<Session | undefined> {
    const record = JSON.parse(await readFile(this.pathOf(id, RECORD), 'utf8')) as SessionRecord;
    if (record.id !== id || !(record.expiry > 0)) return undefined;
    await stat(this.pathOf(id, record.image));
    const { mtimeMs } = await stat(this.pathOf(id, RECORD));
    return { ...record, bytes: await sizeOfFolder(join(this.root, id)), lastUse: mtimeMs, users: 0 };
  }
}

/** Bytes of all files below a folder. */
export async function sizeOfFolder(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? await sizeOfFolder(path) : (await stat(path)).size;
  }
  return bytes;
}
