import { join } from 'node:path';
import pLimit from 'p-limit';
import { codes, fail } from '../errors';
import { FileLock } from './file-lock';
import { DEAD_AFTER_MS, describeHolder, holderOf } from './holder';

/** The failures of work under a lock among gateways. */
export const lockErrors = codes('MODEL_BUSY');

/**
 * One lock per name, so that changes of one thing run one after the other and those of several in parallel: first among the tasks of this
 * process, then, where several gateways share the workspace, among them.
 */
export class SharedLocks {
  /** Turns of this process. */
  private readonly turns = new Map<string, pLimit.Limit>();
  /** Those that {@link run} took among gateways. */
  private readonly taken = new Map<string, FileLock>();

  /**
   * @param folder where the locks among gateways are; undefined when this gateway is alone
   * @param waitMs longest wait for another gateway
   */
  constructor(
    private readonly folder: string | undefined,
    private readonly waitMs: number,
  ) {}

  /** @throws MODEL_BUSY when another gateway does not give it back in time; what `work` throws */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.turn(name, () => (this.folder === undefined ? work() : this.amongGateways(name, work)));
  }

  /** Settles when what is under way under this name in this process has ended. */
  idle(name: string): Promise<void> {
    return this.turn(name, () => Promise.resolve());
  }

  private async turn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turns = this.turns.get(name) ?? pLimit(1);
    this.turns.set(name, turns);
    try {
      return await turns(work);
    } finally {
      if (turns.activeCount + turns.pendingCount === 0) this.turns.delete(name);
    }
  }

  /** Whether what {@link run} took under this name is still ours: another gateway may have taken this one for dead, as after a long pause. */
  async holds(name: string): Promise<boolean> {
    return this.folder === undefined || (await this.taken.get(name)?.isOurs()) === true;
  }

  /** To be called right before each step that counts for others. @throws MODEL_BUSY unless this gateway {@link holds} the lock */
  async confirm(name: string): Promise<void> {
    if (await this.holds(name)) return;
    const what = `another gateway has taken over, since this one did not show itself for ${DEAD_AFTER_MS / 1000} s; nothing of this change was kept`;
    throw fail('MODEL_BUSY', { model: name, what });
  }

  private async amongGateways<T>(name: string, work: () => Promise<T>): Promise<T> {
    const file = join(this.folder!, name);
    const lock = new FileLock(file);
    const tooLong = AbortSignal.timeout(this.waitMs);
    try {
      await lock.take(tooLong);
    } catch (error) {
      if (!tooLong.aborted) throw error;
      const holder = await holderOf(file);
      const what = `another gateway (${holder ? describeHolder(holder) : 'gone now'}) has been changing it for ${this.waitMs / 1000} s`;
      throw fail('MODEL_BUSY', { model: name, what }, { cause: error });
    }
    this.taken.set(name, lock);
    try {
      return await work();
    } finally {
      this.taken.delete(name);
      await lock.release();
    }
  }
}
