import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileLock, sweepLocks } from './file-lock';
import { DEAD_AFTER_MS, describeHolder, holderOf, isDead, isHere, type Holder } from './holder';

/** A name for something unfinished that tells whose it is: `<gateway>.<anything>`. */
export function ownedName(gateway: string): string {
  return `${gateway}.${randomUUID()}`;
}

/** Removes from a folder of unfinished things those of gateways that are gone. */
export async function removeUnfinished(folder: string, alive: ReadonlySet<string>): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => !alive.has(name.split('.')[0]));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Another gateway uses the workspace, and not both were told to share it. The message says which one. */
export class WorkspaceInUse extends Error {
  override readonly name = 'WorkspaceInUse';
}

export interface JoinOptions {
  workspace: string;
  /** Whether this gateway shares the workspace with others (`--auto_reload`). */
  shared: boolean;
  /** Hears once that it has to wait until a gateway elsewhere shows itself or is taken for dead. */
  onWaiting(who: string): void;
  /** @default a little more than it takes until a killed gateway of another machine counts as dead */
  waitMs?: number;
}

type Other = { id: string; shared: boolean; holder: Holder };

/** `<id>` or `<id>.shared`; other files in the folder are locks being made. */
const MEMBER = /^([0-9a-f-]{36})(\.shared)?$/;

/**
 * The gateways that use one workspace. Each holds a lock of its own there as long as it lives; what it makes on the disk bears its id,
 * so that others can tell what a dead one left.
 */
export class Gateways {
  readonly id = randomUUID();
  private readonly mine: FileLock;
  /** The others that lived when {@link removeDead} last looked. */
  private seen = new Set<string>();

  private constructor(
    private readonly folder: string,
    readonly shared: boolean,
  ) {
    this.mine = new FileLock(join(folder, shared ? `${this.id}.shared` : this.id));
  }

  /** Enters the workspace. @throws WorkspaceInUse */
  static async join({ workspace, shared, onWaiting, waitMs = DEAD_AFTER_MS + 5_000 }: JoinOptions): Promise<Gateways> {
    const folder = join(workspace, 'gateways');
    await mkdir(folder, { recursive: true });
    const gateways = new Gateways(folder, shared);
    const end = Date.now() + waitMs;
    for (let told = false; ; told = true) {
      const inTheWay = await gateways.enter();
      if (!inTheWay) return gateways;
      const who = describeHolder(inTheWay.holder);
      // A process that can be seen to live will not go away by being waited for.
      if (isHere(inTheWay.holder) || Date.now() > end) {
        const way = inTheWay.shared
          ? 'it shares it with gateways that have --auto_reload true only: give this one --auto_reload true too, or a workspace of its own'
          : 'it was started without --auto_reload: give each gateway a workspace of its own, or start all of them with --auto_reload true';
        throw new WorkspaceInUse(`the workspace ${workspace} is used by another gateway, ${who}; ${way}`);
      }
      if (!told) onWaiting(who);
      await sleep(500);
    }
  }

  /** Takes a place among the gateways, or says who stands in the way. */
  private async enter(): Promise<Other | undefined> {
    const entry = new FileLock(join(this.folder, 'entry'));
    await entry.take(AbortSignal.timeout(2 * DEAD_AFTER_MS));
    try {
      const { alive } = await this.others();
      const inTheWay = alive.find((other) => !this.shared || !other.shared);
      if (!inTheWay) await this.mine.tryToTake();
      return inTheWay;
    } finally {
      await entry.release();
    }
  }

  /** Ids of the gateways that live, this one included: what others made can be removed. */
  async alive(): Promise<Set<string>> {
    return new Set([this.id, ...(await this.others()).alive.map(({ id }) => id)]);
  }

  /** Where the gateways keep locks for what they share; undefined when this one is alone. */
  get locks(): string | undefined {
    return this.shared ? join(this.folder, 'locks') : undefined;
  }

  /**
   * Strikes gateways that are gone off, and gives their locks free.
   * @returns whether any is gone, also one that another gateway was faster to strike off: each clears up what only it can reach, such as its
   * own model repository
   */
  async removeDead(): Promise<boolean> {
    const { alive, dead } = await this.others();
    await sweepLocks(this.folder);
    await sweepLocks(join(this.folder, 'locks'));
    const living = new Set(alive.map(({ id }) => id));
    const missing = [...this.seen].some((id) => !living.has(id));
    this.seen = living;
    return missing || dead.length > 0;
  }

  /** Takes the place again after others took this gateway for dead, as after a long pause of its machine. @returns whether that was so */
  async stay(): Promise<boolean> {
    if (await this.mine.isOurs()) return false;
    await this.mine.release();
    await this.mine.tryToTake();
    return true;
  }

  /** Leaves the workspace to others. */
  leave(): Promise<void> {
    return this.mine.release();
  }

  private async others(): Promise<{ alive: Other[]; dead: Other[] }> {
    const found = { alive: [] as Other[], dead: [] as Other[] };
    const entries = await readdir(this.folder, { withFileTypes: true });
    for (const { name } of entries.filter((entry) => entry.isFile())) {
      const [, id, shared] = MEMBER.exec(name) ?? [];
      if (!id || id === this.id) continue;
      const file = join(this.folder, name);
      const holder = await holderOf(file);
      if (!holder) continue;
      const other = { id, shared: shared !== undefined, holder };
      found[(await isDead(holder, file)) ? 'dead' : 'alive'].push(other);
    }
    return found;
  }
}
