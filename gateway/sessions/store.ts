import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { fail, recordOf } from '../errors';
import { checkFreeRoom, megabytes } from '../free-room';
import { asSessionFailure, importImage, sessionTooLarge } from './import-image';
import type { Room, SourceFile, ToNifti } from './import-image';
import {
  endOf,
  infoOf,
  ORIGINALS,
  SessionFolder,
  sizeOfFolder,
  type Session,
  type SessionInfo,
} from './session-folder';
import { known, say, type Said, type Sentence, shortId } from '../sentence';

export interface SessionStoreOptions {
  /** `<workspace>/sessions`. */
  directory: string;
  /** Seconds without use after which a session ends: the default and the most a client can ask for. */
  expirySeconds: number;
  /** This gateway, and all that use the directory. @default one that is alone */
  gateway?: { id: string; alive: ReadonlySet<string> };
  quotaBytes: number;
  /** A session is over: what was kept for it can go too. */
  onGone?: (id: string) => void;
  /** Hears of what an operator should know. */
  warn?: (message: string, facts: object) => void;
  /** The clock, in milliseconds since 1970. @default Date.now */
  now?: () => number;
  toNifti: ToNifti;
}

/** Gives the files of a new session; may write them into `folder`, asking for room before, and must be done with them when it returns. */
export type SessionSource = (folder: string, signal: AbortSignal, room: Room) => Promise<readonly SourceFile[]>;

export interface CreateOptions {
  /** Seconds; 0 or absent is the server's default, more than that is cut to it. */
  expiry?: number;
  saveAsNifti?: boolean;
  /** What {@link SessionStore.named} finds it by; it takes the place of another of this name. */
  name?: string;
  signal: AbortSignal;
}

/** A session that a job reads: until `release` its files stay. */
export interface SessionUse {
  id: string;
  image: SessionImage;
  /** The further channels of an image that is several files. */
  channels: readonly SessionImage[];
  /** Folder of the DICOM files it was made of. */
  dicom?: string;
  /** Warnings about how the image was read. */
  warnings: readonly Said[];
  release(): void;
}

export interface SessionImage {
  path: string;
  name: string;
  /** It is a NIfTI image that was made of one of another format. */
  converted: boolean;
}

const SWEEP_EVERY_MS = 5000;
/** The disk is told of a use at most so often. */
const TOUCH_EVERY_MS = 1000;
/** A session whose files were there so short a time ago is taken without a look: the disk would take a good part of a click. */
const LOOK_EVERY_MS = 1000;
/** The bytes that files of unknown size take of the quota in one step, where there are so many. */
const RESERVED_AT_ONCE = 16 << 20;

/** The images that clients uploaded once. They live on disk, end when nobody uses them, and outlive the gateway's process. */
export class SessionStore {
  private readonly sessions = new Map<string, Session>();
  /** Sessions that cannot be read, with the end of their time in milliseconds since 1970. */
  private readonly damaged = new Map<string, number>();
  private readonly folder: SessionFolder;
  /** Bytes of sessions that are being made. */
  private reserved = 0;
  private readonly sweeper: NodeJS.Timeout;
  private readonly now: () => number;
  /** Names of folders that could not be removed; {@link sweep} tries again. */
  private readonly stuck = new Set<string>();

  private constructor(private readonly options: SessionStoreOptions) {
    this.now = options.now ?? Date.now;
    this.folder = new SessionFolder(options.directory, options.gateway?.id);
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_EVERY_MS).unref();
  }

  /** Finds the sessions on the disk, not those of other gateways; ends those whose time is over. */
  static async open(options: SessionStoreOptions): Promise<SessionStore> {
    const store = new SessionStore(options);
    const { sessions, damaged, unfinished } = await store.folder.recover(options.gateway?.alive ?? new Set());
    for (const session of sessions) store.sessions.set(session.id, session);
    for (const { id, reason, lastUse } of damaged) {
      const over = endOf({ lastUse, expiry: options.expirySeconds });
      store.damaged.set(id, over);
      const until = new Date(over).toISOString();
      options.warn?.('a session cannot be read: calls on it are answered with 440', {
        session: shortId(id),
        reason,
        until,
      });
    }
    await Promise.all(unfinished.map((name) => store.remove(name)));
    await store.sweep();
    await store.makeRoom(0, say`the sessions on the disk`);
    return store;
  }

  /** How many there are, and what they take on the disk. */
  get totals(): { count: number; bytes: number } {
    const sessions = [...this.sessions.values()];
    return { count: sessions.length, bytes: sessions.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** How many sessions of the disk cannot be read. */
  get damagedCount(): number {
    return this.damaged.size;
  }

  close(): void {
    clearInterval(this.sweeper);
  }

  /** @throws what {@link importImage} throws; DISK_FULL when the quota is full of sessions in use */
  async create(source: SessionSource, options: CreateOptions): Promise<{ id: string; info: SessionInfo }> {
    const { expirySeconds, quotaBytes } = this.options;
    const id = randomUUID();
    let reserved = 0;
    /** @param coming bytes of them that are about to be written */
    const reserve = async (bytes: number, file: string, coming: number, ahead = 0) => {
      if (bytes > quotaBytes) throw sessionTooLarge(file, quotaBytes);
      this.reserved -= reserved;
      reserved = 0;
      const all = this.totals.bytes + this.reserved + bytes + ahead > quotaBytes ? bytes : bytes + ahead;
      const leaving = this.makeRoom(all, say`a session of ${megabytes(bytes)} MB`);
      reserved = all;
      this.reserved += all;
      await leaving;
      await checkFreeRoom(this.options.directory, coming, known('a session'));
    };
    const arriving = (file: string, before: number): Room => {
      let all = before;
      return async (bytes) => {
        const coming = before + bytes - all;
        all = before + bytes;
        if (all > reserved || coming > RESERVED_AT_ONCE) await reserve(all, file, coming, RESERVED_AT_ONCE);
      };
    };
    try {
      const folder = await this.folder.begin(id);
      const files = await source(folder, options.signal, arriving('the series', 0));
      const sent = files.reduce((sum, { bytes }) => sum + bytes, 0);
      const name = files.length === 1 ? files[0].name : `${files.length} files`;
      await reserve(sent, name, (await areOnOneDisk(folder, files)) ? 0 : sent);
      const imported = await importImage(folder, files, {
        saveAsNifti: options.saveAsNifti ?? false,
        toNifti: this.options.toNifti,
        maxBytes: quotaBytes,
        roomBeside: (kept) => arriving('the image', kept),
        signal: options.signal,
      });
      const bytes = await sizeOfFolder(folder);
      await reserve(bytes, imported.name, 0);
      const now = this.now();
      const expiry = Math.min(expirySeconds, options.expiry || expirySeconds);
      const record = { id, ...imported, key: options.name, created: Math.floor(now / 1000), expiry };
      await this.folder.finish(record, now);
      const session: Session = { ...record, bytes, lastUse: now, users: 0 };
      this.sessions.set(id, session);
      const before = [...this.sessions.values()].filter(({ key }) => key !== undefined && key === session.key);
      await Promise.all(before.filter((other) => other !== session).map((other) => this.end(other)));
      return { id, info: infoOf(session) };
    } catch (error) {
      await this.remove(this.folder.unfinished(id));
      throw asSessionFailure(error, 'upload');
    } finally {
      this.reserved -= reserved;
    }
  }

  /** True while the session can be used. */
  has(id: string): boolean {
    return this.find(id) !== undefined;
  }

  /** Id of the live session that was made under this name. */
  named(name: string): string | undefined {
    const made = [...this.sessions.values()].filter(({ key }) => key === name);
    return made.findLast(({ id }) => this.find(id))?.id;
  }

  /** The facts of a session. @throws SESSION_NOT_FOUND */
  async describe(id: string, { refresh = false } = {}): Promise<SessionInfo> {
    const session = this.get(id);
    if (!(await this.isWhole(session))) throw sessionNotFound(id);
    if (refresh) this.touch(session);
    return infoOf(session);
  }

  /**
   * Takes a session for a job; it counts as used now and again at `release`.
   * @param look at the disk, also where that was done a moment ago
   * @throws SESSION_EXPIRED when it is unknown or over, or its files are gone
   */
  async use(id: string, look = false): Promise<SessionUse> {
    const session = this.find(id);
    const isSeen = !look && session !== undefined && this.now() - (session.seen ?? -Infinity) < LOOK_EVERY_MS;
    if (!session || !(isSeen || (await this.isWhole(session)))) throw fail('SESSION_EXPIRED', { session: id });
    session.users++;
    this.touch(session);
    let released = false;
    const imageOf = (image: string, name: string, format: string): SessionImage => ({
      path: this.folder.pathOf(id, image),
      name,
      converted: image.endsWith('.nii') && format !== 'nifti',
    });
    return {
      id,
      image: imageOf(session.image, session.name, session.meta.format),
      channels: (session.channels ?? []).map(({ image, name, format }) => imageOf(image, name, format)),
      dicom: session.meta.files === undefined ? undefined : this.folder.pathOf(id, ORIGINALS),
      warnings: session.warnings ?? [],
      release: () => {
        if (released) return;
        released = true;
        session.users--;
        if (this.sessions.get(id) === session) this.touch(session);
        else void this.end(session);
      },
    };
  }

  /** Ends a session; its files go when the last job that reads them is done. @throws SESSION_NOT_FOUND */
  async delete(id: string): Promise<SessionInfo> {
    const session = this.get(id);
    await this.end(session);
    return infoOf(session);
  }

  private get(id: string): Session {
    const session = this.find(id);
    if (session) return session;
    throw sessionNotFound(id);
  }

  /** Whether the image of a session is on the disk; one whose image somebody took away ends here. */
  private async isWhole(session: Session): Promise<boolean> {
    // Meanwhile nobody takes its files away.
    session.users++;
    const isThere = await this.folder.has(session);
    session.users--;
    const isLive = this.sessions.get(session.id) === session;
    if (isThere) session.seen = this.now();
    if (isThere && isLive) return true;
    if (isLive)
      this.options.warn?.('the files of a session are gone from the disk; it has ended', {
        session: shortId(session.id),
      });
    await this.end(session);
    return false;
  }

  /** A live session. One whose time is over ends here, unless a job uses it. */
  private find(id: string): Session | undefined {
    const session = this.sessions.get(id);
    if (!session) return undefined;
    if (session.users > 0 || this.now() < endOf(session)) return session;
    void this.end(session);
    return undefined;
  }

  private touch(session: Session): void {
    session.lastUse = this.now();
    if (session.lastUse - (session.touched ?? -Infinity) < TOUCH_EVERY_MS) return;
    session.touched = session.lastUse;
    this.folder.touch(session.id, session.lastUse).catch(() => undefined);
  }

  /** Ends the sessions whose time is over, every few seconds. */
  async sweep(): Promise<void> {
    await Promise.all([...this.stuck].map((name) => this.remove(name)));
    const over = [...this.sessions.values()].filter((session) => session.users === 0 && this.now() >= endOf(session));
    await Promise.all(over.map((session) => this.end(session)));
    const leaving = [...this.damaged].filter(([, until]) => this.now() >= until).map(([id]) => id);
    leaving.forEach((id) => this.damaged.delete(id));
    await Promise.all(leaving.map((id) => this.remove(id)));
  }

  /**
   * Ends the idle sessions that were used longest ago until `bytes` more fit; the promise waits for their files to go. The sums are
   * right when it returns, so that two sessions that are made at the same time do not count on the same room.
   * @throws DISK_FULL at once, and ends none, when that would not be enough
   */
  private makeRoom(bytes: number, what: Sentence): Promise<unknown> {
    const { quotaBytes } = this.options;
    const all = [...this.sessions.values()];
    const idle = all.filter(({ users }) => users === 0).sort((a, b) => a.lastUse - b.lastUse);
    const total = (sessions: readonly Session[]) => sessions.reduce((sum, session) => sum + session.bytes, 0);
    let used = total(all) + this.reserved;
    if (used - total(idle) + bytes > quotaBytes) {
      const taken = megabytes(used - total(idle));
      const limit = say`--session_quota_mb ${megabytes(quotaBytes)}, of which ${taken} MB are in use`;
      throw fail('DISK_FULL', { what: say`${what}: the limit is ${limit}` });
    }
    const leaving: Promise<void>[] = [];
    for (const session of idle) {
      if (used + bytes <= quotaBytes) break;
      used -= session.bytes;
      leaving.push(this.end(session));
    }
    return Promise.all(leaving);
  }

  /** Files that a job reads stay until the job releases them. */
  private async end({ id, users }: Session): Promise<void> {
    this.sessions.delete(id);
    if (users > 0) return;
    this.options.onGone?.(id);
    await this.remove(id);
  }

  /** Removes a folder, now or with a later {@link sweep}. */
  private async remove(name: string): Promise<void> {
    try {
      await this.folder.remove(name);
      this.stuck.delete(name);
    } catch (error) {
      if (this.stuck.has(name)) return;
      this.stuck.add(name);
      const facts = { session: shortId(name), reason: recordOf(error) };
      this.options.warn?.('the folder of a session cannot be removed; it is tried again', facts);
    }
  }
}

/** Whether the files can be moved to a folder without being copied. */
async function areOnOneDisk(folder: string, files: readonly SourceFile[]): Promise<boolean> {
  const [here, ...there] = await Promise.all(
    [folder, ...files.slice(0, 1).map(({ path }) => path)].map((path) => stat(path)),
  );
  return there.every(({ dev }) => dev === here.dev);
}

const sessionNotFound = (session: string) => fail('SESSION_NOT_FOUND', { session });
