import { createHash, randomBytes } from 'node:crypto';
import { fail, GatewayError } from '../../errors';
import { shortId } from '../../sentence';
import { LeaseFolder, type LeaseRecord, type SilentProtocol } from './lease-folder';

export type { LeaseRecord, SilentProtocol } from './lease-folder';

export interface LeaseStoreOptions {
  /** `<workspace>/leases`. */
  directory: string;
  /** This gateway, and all that use the directory. @default one that is alone */
  gateway?: { id: string; alive: ReadonlySet<string> };
  /** Leases at a time. */
  most: number;
  /** Seconds without an action, and without a sign of life, after which a lease ends. */
  idleSeconds: number;
  livenessSeconds: number;
  /** A lease is over, and so is its image. */
  onEnd: (record: LeaseRecord) => void;
  /** Hears of what an operator should know. */
  warn?: (message: string, facts: object) => void;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** A client's place on the server: one image, and what was said about it. */
export interface Lease {
  id: string;
  folder: string;
  record: LeaseRecord;
  /** In milliseconds since 1970: the last action, and the last sign of life. */
  acted: number;
  seen: number;
  /** Requests that wait for their turn, or have it. */
  busy: number;
  /** The answer that was sent last: the mask in it, and the connection. Whether it arrived is known when that connection is used again. */
  sent?: { mask: string | undefined; connection: object };
  turn: Promise<unknown>;
}

const SWEEP_EVERY_MS = 5000;
/** Steps back that are kept, and the bytes of their masks beyond which only the last one is. */
const MOST_UNDO = 16;
const UNDO_BYTES = 256 << 20;

/** The leases of interactive clients. They live on disk, end when their client falls silent, and outlive the gateway's process. */
export class LeaseStore {
  private readonly leases = new Map<string, Lease>();
  /** Leases that cannot be read, with the end of their time in milliseconds since 1970. */
  private readonly damaged = new Map<string, number>();
  private readonly folder: LeaseFolder;
  private readonly now: () => number;
  private readonly sweeper: NodeJS.Timeout;

  private constructor(private readonly options: LeaseStoreOptions) {
    this.now = options.now ?? Date.now;
    this.folder = new LeaseFolder(options.directory, options.gateway?.id ?? 'alone');
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_EVERY_MS).unref();
  }

  /** Finds the leases on the disk, not those of other gateways. Their clients could not send a sign of life meanwhile. */
  static async open(options: LeaseStoreOptions): Promise<LeaseStore> {
    const store = new LeaseStore(options);
    for (const found of await store.folder.recover(options.gateway?.alive ?? new Set())) {
      if (found.record) store.enter(found.id, found.record, found.acted);
      else store.setAside(found.id, found.acted, found.reason);
    }
    await store.sweep();
    return store;
  }

  close(): void {
    clearInterval(this.sweeper);
  }

  get limits(): Pick<LeaseStoreOptions, 'most' | 'idleSeconds' | 'livenessSeconds'> {
    return this.options;
  }

  /**
   * @param token what the client is known by, where it gets none
   * @returns the token by which the client is known from now on
   * @throws LEASES_TAKEN
   */
  async claim(
    model: string,
    owner: string | undefined,
    protocol?: SilentProtocol,
    token = randomBytes(24).toString('base64url'),
  ): Promise<string> {
    await this.sweep();
    if (this.leases.size >= this.options.most) throw fail('LEASES_TAKEN', { most: this.options.most });
    const interaction = { prompts: [], pending: false };
    const record: LeaseRecord = { model, protocol, owner, autozoom: true, interaction, undo: [], named: 0 };
    const { id } = this.enter(idOf(token), record, this.now());
    try {
      await this.folder.make(id);
      await this.folder.write(id, record);
    } catch (error) {
      this.leases.delete(id);
      throw error;
    }
    return token;
  }

  /** @param owner hash of the access token that came with the request @throws LEASE_EXPIRED for one that is over, of another client, or none */
  find(token: string | undefined, owner: string | undefined, protocol?: SilentProtocol): Lease {
    const lease = token === undefined ? undefined : this.leases.get(idOf(token));
    if (!lease || lease.record.owner !== owner || lease.record.protocol !== protocol || this.isOver(lease))
      throw fail('LEASE_EXPIRED');
    return lease;
  }

  /** A sign of life; an action too unless said otherwise. */
  touch(lease: Lease, isAction = true): void {
    lease.seen = this.now();
    if (isAction) lease.acted = lease.seen;
  }

  /** Seconds until it ends without an action. */
  remaining({ acted }: Lease): number {
    return Math.max(0, acted / 1000 + this.options.idleSeconds - this.now() / 1000);
  }

  /** Does work when the requests on the lease that came before are done; meanwhile it does not end. Of work that fails no file stays. */
  async inTurn<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
    lease.busy++;
    this.touch(lease);
    const done = lease.turn.then(() => {
      if (this.leases.get(lease.id) !== lease) throw fail('LEASE_EXPIRED');
      return work().catch(async (error: unknown) => {
        if (error instanceof GatewayError && error.code === 'LEASE_DAMAGED') this.lose(lease, error);
        else await this.folder.tidy(lease.id, lease.record);
        throw error;
      });
    });
    lease.turn = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      this.touch(lease);
      lease.busy--;
    }
  }

  /** Keeps what is new of a lease. */
  async commit(lease: Lease, changes: Partial<LeaseRecord>): Promise<void> {
    const before = lease.record;
    const record = { ...before, ...changes };
    record.undo = await this.affordable(lease, record.undo);
    await this.folder.write(lease.id, record, before);
    lease.record = record;
  }

  /** A name for a new file of a lease. */
  nextFile(lease: Lease): string {
    return `mask-${++lease.record.named}`;
  }

  async end(lease: Lease): Promise<void> {
    if (!this.leases.delete(lease.id)) return;
    await lease.turn;
    this.options.onEnd(lease.record);
    await this.folder.remove(lease.id);
  }

  /** How many leases of the disk cannot be read. */
  get damagedCount(): number {
    return this.damaged.size;
  }

  /** Ends the leases whose time is over. */
  async sweep(): Promise<void> {
    const leaving = [...this.damaged].filter(([, until]) => this.now() >= until).map(([id]) => id);
    leaving.forEach((id) => this.damaged.delete(id));
    await Promise.all(leaving.map((id) => this.folder.remove(id)));
    await Promise.all([...this.leases.values()].filter((lease) => this.isOver(lease)).map((lease) => this.end(lease)));
  }

  private async affordable(lease: Lease, undo: LeaseRecord['undo']): Promise<LeaseRecord['undo']> {
    const last = undo.slice(-MOST_UNDO);
    const masks = last.flatMap(({ mask }) => (mask === undefined ? [] : [mask]));
    const sizes = await Promise.all(masks.map((name) => this.folder.bytesOf(lease.id, name)));
    return sizes.reduce((sum, bytes) => sum + bytes, 0) > UNDO_BYTES ? last.slice(-1) : last;
  }

  private enter(id: string, record: LeaseRecord, acted: number): Lease {
    const folder = this.folder.pathOf(id);
    const lease: Lease = { id, folder, record, acted, seen: this.now(), busy: 0, turn: Promise.resolve() };
    this.leases.set(id, lease);
    return lease;
  }

  /** Its client initializes again; its files stay until its time is over. */
  private lose({ id, record, acted }: Lease, { message }: Error): void {
    this.leases.delete(id);
    this.options.onEnd(record);
    this.setAside(id, acted, message);
  }

  private setAside(id: string, acted: number, reason: string): void {
    const until = acted + this.options.idleSeconds * 1000;
    this.damaged.set(id, until);
    this.options.warn?.('an interactive session cannot be read: its client is answered with 410', {
      lease: shortId(id),
      reason,
      until: new Date(until).toISOString(),
    });
  }

  private isOver({ busy, acted, seen, record }: Lease): boolean {
    const { idleSeconds, livenessSeconds } = this.options;
    const isSilent = record.protocol === undefined && this.now() >= seen + livenessSeconds * 1000;
    return busy === 0 && (this.now() >= acted + idleSeconds * 1000 || isSilent);
  }
}

/** The disk has no token that could be used. */
const idOf = (token: string) => createHash('sha256').update(token).digest('hex').slice(0, 32);
