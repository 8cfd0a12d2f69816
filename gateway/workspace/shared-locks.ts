import { join } from 'node:path';
import { fail } from '../errors';
import { FileLock } from './file-lock';
import { describeHolder, holderOf } from './holder';
import { Locks } from './locks';

/** One lock per name: first among the tasks of this process, then, where several gateways share the workspace, among them. */
export class SharedLocks {
  private readonly locks = new Locks();

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
    return this.locks.run(name, () => (this.folder === undefined ? work() : this.amongGateways(name, work)));
  }

  /** Settles when nothing is under way under this name in this process. */
  idle(name: string): Promise<void> {
    return this.locks.idle(name);
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
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }
}
