import { fail, messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';
import type { Triton } from '../triton/triton';
import type { SharedLocks } from '../workspace/shared-locks';
import { examine, type Checkup, type DoctorOptions } from './validation/doctor';
import type { ModelSpec } from '../model-spec';
import type { Repository } from './repository';
import type { StoredVersion } from './store';

/** A version that Triton serves on trial; one of the two ends it. */
export interface Trial {
  checkup: Checkup;
  /** It is wanted: what it replaced is deleted. */
  keep(): Promise<void>;
  /** Everything as before; when the lock is lost, that is for its next holder to see to. */
  putBack(): Promise<void>;
}

/** A version to be served and its spec, which has Triton's config. */
export interface Servable {
  stored: StoredVersion;
  spec: ModelSpec;
}

/** Has Triton serve stored versions: repository folder, load, READY. Calls for one model must not overlap. */
export class Serving {
  constructor(
    private readonly folder: Repository,
    private readonly triton: Triton,
    private readonly logger: Logger,
    private readonly locks: SharedLocks,
    private readonly options: DoctorOptions,
  ) {}

  /**
   * Has Triton serve a version in place of the one of before, and examines it. On failure the one of before serves again.
   * @param before undefined when the model is new
   * @param restored hears that the one of before serves again, or why it does not
   * @throws MODEL_LOAD_FAILED, MODEL_CANNOT_WORK, TRITON_UNAVAILABLE, DISK_FULL
   */
  async tryOut(
    { stored, spec }: Servable,
    before: Servable | undefined,
    restored: (error?: unknown) => void,
  ): Promise<Trial> {
    const { name } = stored;
    const publication = await this.folder.publish(stored, spec.triton!);
    const putBack = async () => {
      if (!(await this.locks.holds(name))) await publication.keep();
      else if (before?.spec.triton) {
        await publication.putBack();
        await this.load(before).then(() => restored(), restored);
      } else if (await this.unload(name)) await publication.putBack();
      else await publication.keep();
    };
    try {
      await this.load({ stored, spec });
      const checkup = await examine(spec, stored.version, this.triton, this.options);
      if (checkup.errors.length > 0) throw fail('MODEL_CANNOT_WORK', { model: name, what: checkup.errors.join('; ') });
      return { checkup, keep: () => publication.keep(), putBack };
    } catch (error) {
      await putBack();
      throw error;
    }
  }

  /** Whether Triton serves this number of the model now. @throws TRITON_UNAVAILABLE */
  serves({ name, version }: StoredVersion): Promise<boolean> {
    return this.triton.repository.isReady(name, String(version));
  }

  /** Makes the repository hold this version and Triton serve it; does nothing where both do. @throws MODEL_LOAD_FAILED, TRITON_UNAVAILABLE */
  async settle({ stored, spec }: Servable): Promise<void> {
    if (!(await this.folder.holds(stored))) await (await this.folder.publish(stored, spec.triton!)).keep();
    await this.load({ stored, spec });
  }

  /**
   * Always asks for the load, even of a version that is ready: one that a killed gateway or a call that ran out of time began may still be
   * under way, and would take its place (`triton.md` §10 row 21). Triton does nothing when all is done.
   */
  private async load({ stored: { name, version } }: Servable): Promise<void> {
    const { repository } = this.triton;
    await repository.load(name);
    if (!(await repository.isReady(name, String(version)))) {
      // Triton took the folder for loaded already (§10 row 7), or something newer unloaded it meanwhile.
      await repository.unload(name);
      await repository.load(name);
    }
    await repository.waitUntilReady(name, String(version));
  }

  /** Triton finishes what runs, then the model's folder goes, if there is one. When the lock is lost, its next holder has seen to that. */
  async withdraw(name: string): Promise<void> {
    if (!(await this.locks.holds(name))) return;
    if (await this.unload(name)) await this.folder.remove(name);
  }

  /** False when Triton does not say so: then the folder must stay, since it tells what is still to be unloaded when Triton is back. */
  private async unload(name: string): Promise<boolean> {
    try {
      await this.triton.repository.unload(name);
      return true;
    } catch (error) {
      this.logger.warn('Triton did not unload the model; its folder stays until it does', {
        model: name,
        reason: messageOf(error),
      });
      return false;
    }
  }
}
