import { fail, messageOf } from '../errors';
import type { ModelSpec } from '../model-spec';
import { outcomeOf, type CatalogParts, type Model } from './model';
import type { Placement } from './repository';
import type { TritonServer } from './servers';
import type { StoredVersion } from './store';
import { examine, type Checkup } from './validation/examine';

/** A version to be served and its spec. */
export interface Servable {
  stored: StoredVersion;
  spec: ModelSpec;
}

/** Has Triton serve stored versions: repository folder, load, READY. Calls for one model must not overlap. */
export class Deployer {
  constructor(private readonly parts: CatalogParts) {}

  /**
   * Serves a stored version in place of the previous one: Triton serves it on trial, it is examined, and then it is the wanted one. On failure
   * the previous version serves again; `previous` says so if even that fails.
   * @param previous undefined when the model is new
   * @throws MODEL_LOAD_FAILED, MODEL_CANNOT_WORK, TRITON_UNAVAILABLE, DISK_FULL, MODEL_BUSY; nothing after the version is the wanted one
   */
  async deploy({ stored, spec }: Servable, previous: Model | undefined): Promise<Model> {
    const { store, logger } = this.parts;
    const { name, version, platform } = stored;
    const server = this.serverOf(spec);
    const placement = server && (await server.repository.place(stored, spec.triton!));
    const model: Model = { name, spec, stored, change: '', state: 'ready', reason: '' };
    try {
      if (server) model.checkup = await this.tryOut(server, { stored, spec });
      model.change = await store.commit(name, version);
    } catch (error) {
      if (placement) await this.rollBack(name, server, placement, previous);
      throw error;
    }
    logger.info('model is ready', { model: name, version, platform });
    await placement?.keep();
    if (previous) await this.withdraw(previous.stored, server);
    // A Triton that came back meanwhile may not have been told of this model.
    if (server && !(await this.serves({ stored, spec }).catch(() => false)))
      await this.settle({ stored, spec }).catch((error: unknown) => this.note(model, error));
    return model;
  }

  /** The Triton that a model needs; none for a pipeline. */
  private serverOf({ triton }: ModelSpec): TritonServer | undefined {
    return triton && this.parts.servers.for(triton);
  }

  private async tryOut(server: TritonServer, { stored, spec }: Servable): Promise<Checkup> {
    await this.load(server, stored);
    const checkup = await examine(spec, stored.version, server.triton, this.parts.options);
    if (checkup.errors.length === 0) return checkup;
    throw fail('MODEL_CANNOT_WORK', { model: spec.name, what: checkup.errors.join('; ') });
  }

  /** Everything as before {@link deploy}; when the lock is lost, that is for its next holder to see to. */
  private async rollBack(
    name: string,
    server: TritonServer,
    placement: Placement,
    previous: Model | undefined,
  ): Promise<void> {
    // On another Triton it has not been touched.
    const served = previous?.spec && this.serverOf(previous.spec) === server ? previous : undefined;
    try {
      if (!(await this.parts.locks.holds(name))) return await placement.keep();
      // A folder whose model Triton did not unload stays: it tells what is still to be unloaded when Triton is back.
      if (!served) await server.triton.models.unload(name);
      await placement.putBack();
      if (!served) return;
      await this.load(server, served.stored);
      this.note(served);
    } catch (error) {
      if (served) this.note(served, error);
      else this.parts.logger.warn('Triton did not unload the model', { model: name, reason: messageOf(error) });
    }
  }

  /** @param error why the model does not serve; undefined when it does */
  private note(model: Model, error?: unknown): void {
    const { reason } = Object.assign(model, outcomeOf(error));
    if (reason) this.parts.logger.error('a model that served does not serve any more', { model: model.name, reason });
  }

  /** Whether Triton serves this number of the model now. @throws TRITON_UNAVAILABLE */
  serves({ stored: { name, version }, spec }: Servable): Promise<boolean> {
    return this.parts.servers.for(spec.triton!).triton.models.isReady(name, String(version));
  }

  /** Makes the repository hold this version and Triton serve it; does nothing where both do. @throws MODEL_LOAD_FAILED, TRITON_UNAVAILABLE */
  async settle({ stored, spec }: Servable): Promise<void> {
    const server = this.parts.servers.for(spec.triton!);
    const { repository } = server;
    if (!(await repository.holds(stored))) await (await repository.place(stored, spec.triton!)).keep();
    await this.load(server, stored);
  }

  /**
   * Always asks for the load, even of a version that is ready: one that a killed gateway or a call that ran out of time began may still be
   * under way, and would take its place. Triton does nothing when all is done.
   */
  private async load({ triton: { models } }: TritonServer, { name, version }: StoredVersion): Promise<void> {
    await models.load(name);
    if (!(await models.isReady(name, String(version)))) {
      // Triton took the folder for loaded already, by the times of its files, or something newer unloaded it meanwhile.
      await models.unload(name);
      await models.load(name);
    }
    await models.waitUntilReady(name, String(version));
  }

  /**
   * Triton finishes what runs, then the model's folder goes, if there is one. When the lock is lost, its next holder has seen to that; a folder
   * that cannot go now tells what is still to be unloaded when Triton is back.
   * @param stays the Triton that serves the model from now on
   */
  async withdraw(
    { name, file, platform }: Pick<StoredVersion, 'name' | 'file'> & { platform?: string },
    stays?: TritonServer,
  ): Promise<void> {
    const { servers } = this.parts;
    for (const server of servers.all) {
      if (server === stays) continue;
      const served = file !== undefined && server === servers.for({ platform });
      if (served || (await server.repository.isOurs(name))) await this.withdrawFrom(server, name);
    }
  }

  private async withdrawFrom({ repository, triton }: TritonServer, name: string): Promise<void> {
    const { locks, logger } = this.parts;
    if (!(await locks.holds(name))) return;
    try {
      await triton.models.unload(name);
      await repository.remove(name);
    } catch (error) {
      const reason = messageOf(error);
      logger.warn('Triton did not unload the model; its folder stays until it does', { model: name, reason });
    }
  }
}
