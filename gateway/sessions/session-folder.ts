import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { whyDisk } from '../disk-errors';
import { messageOf } from '../errors';
import { Sentence, sentenceFor } from '../sentence';

const RECORD = 'session.json';
/** Begins the names of sessions that are being made; left only by a gateway that was killed. */
const UNFINISHED = '.new-';
/** The DICOM files a session was made of, kept for results in DICOM form. */
export const ORIGINALS = 'dicom';
/** Names of sessions; folders of other names, such as lost+found, are somebody else's. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Begins the name of the empty file that says which gateway has the session. */
const OWNER = 'owner-';

/** A session as it is written to `session.json`. Times in seconds since 1970. */
const sessionRecord = z.object({
  id: z.string(),
  /** The stored image: a file name in the session's folder. */
  image: z.string().regex(/^[^/]+$/),
  /** The client's name of the image; for messages, and for formats that are known by their suffix only. */
  name: z.string(),
  meta: z.object({
    format: z.string(),
    /** It has no place in the patient. */
    picture: z.boolean().optional(),
    /** Voxels along each axis; absent for an image that was stored as it came. */
    shape: z.array(z.number()).optional(),
    /** DICOM files it was made of; absent for other images. */
    files: z.number().optional(),
  }),
  /** Further images, the channels 1, 2, … of one whose channel 0 is `image`: their files in the session's folder, names and formats. @default none */
  channels: z
    .array(z.object({ image: z.string().regex(/^channel\d+\/[^/]+$/), name: z.string(), format: z.string() }))
    .optional(),
  /** What its client finds it by, hashed. @default its id alone */
  key: z.string().optional(),
  created: z.number(),
  /** Seconds without use after which the session ends. */
  expiry: z.number().positive(),
  /** Warnings about how the image was read, one sentence each; said again with each call on it. Older gateways wrote their text alone. @default none */
  warnings: z
    .array(z.object({ text: z.string(), record: z.string() }).transform(Sentence.of).or(z.string()))
    .readonly()
    .optional(),
});

export type SessionRecord = z.output<typeof sessionRecord>;

/** A session in memory. */
export interface Session extends SessionRecord {
  /** Disk space of its folder. */
  bytes: number;
  /** Milliseconds since 1970; on disk the modification time of `session.json`. */
  lastUse: number;
  /** Running jobs that read its image. */
  users: number;
  /** When the disk was told of a use, and when its files were seen, in milliseconds since 1970. */
  touched?: number;
  seen?: number;
}

/** A session that cannot be read. It stays until its time is over, as others do. */
export interface DamagedSession {
  id: string;
  reason: string;
  /** Milliseconds since 1970. */
  lastUse: number;
}

export type SessionInfo = ReturnType<typeof infoOf>;

/** The facts for clients; no path of this server is among them. */
export function infoOf({ id, name, meta, channels, created, lastUse, expiry, warnings = [] }: Session) {
  const last_access_ts = Math.floor(lastUse / 1000);
  return {
    name: id,
    image: name,
    ...(channels && { channels: [name, ...channels.map((one) => one.name)] }),
    meta,
    create_ts: created,
    last_access_ts,
    expiry,
    warnings: warnings.map((said) => sentenceFor(said).text),
  };
}

/** When the session ends if nobody uses it, in milliseconds since 1970. */
export function endOf({ lastUse, expiry }: Pick<Session, 'lastUse' | 'expiry'>): number {
  return lastUse + expiry * 1000;
}

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

  /** The name of the folder of a session that is being made. */
  unfinished(id: string): string {
    return `${UNFINISHED}${this.gateway}.${id}`;
  }

  /** A folder for a session that is being made. */
  async begin(id: string): Promise<string> {
    const folder = this.pathOf(this.unfinished(id));
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** Gives the finished folder its name; from here on a restart finds the session. @param lastUse see {@link touch} */
  async finish(record: SessionRecord, lastUse: number): Promise<void> {
    const folder = this.pathOf(this.unfinished(record.id));
    await writeFile(join(folder, OWNER + this.gateway), '');
    await writeFile(join(folder, RECORD), `${JSON.stringify(record)}\n`);
    await this.touch(this.unfinished(record.id), lastUse);
    await rename(folder, this.pathOf(record.id));
  }

  /** Whether the images of a session are there. A disk that does not tell is a matter for who reads it. */
  async has({ id, image, channels = [] }: Pick<SessionRecord, 'id' | 'image' | 'channels'>): Promise<boolean> {
    const images = [image, ...channels.map((one) => one.image)].map((name) => stat(this.pathOf(id, name)));
    return Promise.all(images).then(Boolean, (error) => !isMissing(error));
  }

  /** Takes the name away first: a folder that a kill left half removed is not taken for a damaged session. @param name of a session or of something unfinished */
  async remove(name: string): Promise<void> {
    const leaving = name.startsWith(UNFINISHED) ? name : this.unfinished(name);
    if (leaving !== name)
      await rename(this.pathOf(name), this.pathOf(leaving)).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    await rm(this.pathOf(leaving), { recursive: true, force: true });
  }

  /** The last use is the modification time of the record: one system call, and never a half-written file. */
  async touch(id: string, lastUse: number): Promise<void> {
    await utimes(this.pathOf(id, RECORD), lastUse / 1000, lastUse / 1000);
  }

  /**
   * Sorts the folders on the disk that no other living gateway has: sessions, from now on this one's; sessions that cannot be read, with the
   * reason; and names of folders that dead gateways left unfinished.
   */
  async recover(alive: ReadonlySet<string>) {
    await mkdir(this.root, { recursive: true });
    const found = { sessions: [] as Session[], damaged: [] as DamagedSession[], unfinished: [] as string[] };
    for (const name of await readdir(this.root)) {
      if (name.startsWith(UNFINISHED) && !alive.has(name.slice(UNFINISHED.length).split('.')[0]))
        found.unfinished.push(name);
      if (!ID.test(name)) continue;
      try {
        const owner = await this.ownerOf(name);
        if (owner !== undefined && owner !== this.gateway && alive.has(owner)) continue;
        // First it is this one's, then it is looked at: in a folder that another one takes at that moment, a file may be missing.
        if (owner !== this.gateway && !(await this.takeOver(name, owner))) continue;
        found.sessions.push(await this.read(name));
      } catch (error) {
        found.damaged.push({ id: name, reason: reasonOf(error), lastUse: await this.lastUseOf(name) });
      }
    }
    return found;
  }

  private async ownerOf(id: string): Promise<string | undefined> {
    const names = await readdir(this.pathOf(id)).catch(() => []);
    return names.find((name) => name.startsWith(OWNER))?.slice(OWNER.length);
  }

  /** False when another gateway that is starting was faster, since only one can rename the file; and for a file. */
  private async takeOver(id: string, owner: string | undefined): Promise<boolean> {
    const mine = this.pathOf(id, OWNER + this.gateway);
    try {
      await (owner === undefined ? writeFile(mine, '') : rename(this.pathOf(id, OWNER + owner), mine));
      return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return false;
    }
  }

  /** @throws where a file is missing or the record is damaged */
  private async read(id: string): Promise<Session> {
    const record = sessionRecord.parse(JSON.parse(await readFile(this.pathOf(id, RECORD), 'utf8')));
    if (record.id !== id) throw new Error('its record is that of another one');
    for (const { image } of [record, ...(record.channels ?? [])]) await stat(this.pathOf(id, image));
    const { mtimeMs } = await stat(this.pathOf(id, RECORD));
    return { ...record, bytes: await sizeOfFolder(this.pathOf(id)), lastUse: mtimeMs, users: 0 };
  }

  /** Of a session whose record may be missing. */
  private async lastUseOf(id: string): Promise<number> {
    const record = stat(this.pathOf(id, RECORD)).catch(() => stat(this.pathOf(id)));
    return (await record.catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Without the content of the record: it may name a patient. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'session.json is not JSON';
  if (error instanceof z.ZodError) return `session.json: ${z.prettifyError(error).replace(/\s*\n\s*/g, ' ')}`;
  return whyDisk(error) ?? messageOf(error);
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
