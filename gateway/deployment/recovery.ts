import { asGatewayError, messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';
import type { SharedLocks } from '../workspace/shared-locks';
import type { InUse } from './in-use';
import type { Model } from './model';
import type { ModelReader } from './model-reader';
import type { ModelSpec } from '../model-spec';
import type { Repository } from './repository';
import type { Serving } from './serving';
import type { Store } from './store';

export interface RecoveryParts {
  /** The list of models, which this keeps up. */
  known: Map<string, Model>;
  store: Store;
  folder: Repository;
  serving: Serving;
  reader: ModelReader;
  locks: SharedLocks;
  inUse: InUse;
  logger: Logger;
}

/**
 * Makes the list of models agree with the disk, and Triton with the list: at start, whenever Triton comes back (it forgets its models), and
 * when another gateway changed something or died over it.
 */
export class Recovery {
  /** Models whose news are being looked at. */
  private readonly following = new Set<string>();
  /** How often Triton came back. */
  private times = 0;

  constructor(private readonly parts: RecoveryParts) {}

  /** How often {@link settleAll} began: a change that saw two numbers may have been loaded into a Triton that is gone. */
  get settled(): number {
    return this.times;
  }

  /** Reads the wanted models from the disk; nothing is changed there. Triton is not needed for this. */
  async read(): Promise<void> {
    const { known, store } = this.parts;
    for (const name of await store.names()) {
      const model = await this.readModel(name).catch((error: unknown) => this.complain(name, error));
      if (model) known.set(name, model);
    }
  }

  /** Removes what gateways that are gone left unfinished beside the models. */
  async removeLeftovers(alive: ReadonlySet<string>): Promise<void> {
    await this.parts.store.prepare(alive);
    await this.parts.folder.prepare(alive);
  }

  /** Has Triton serve every wanted model, and nothing else that a gateway published. */
  async settleAll(): Promise<void> {
    this.times++;
    const { known, store, folder } = this.parts;
    const names = new Set([...known.keys(), ...(await store.names()), ...(await folder.names())]);
    await Promise.all([...names].map((name) => this.settleOne(name)));
  }

  /** The same for one model, as soon as nobody changes it. */
  async settleOne(name: string): Promise<void> {
    await this.parts.locks.run(name, () => this.settle(name)).catch((error: unknown) => this.complain(name, error));
  }

  /** Looks for changes that other gateways made; those are followed in the background, each model for itself. */
  async follow(): Promise<void> {
    const { known, store, locks } = this.parts;
    const changes = await store.changes();
    for (const name of new Set([...known.keys(), ...changes.keys()])) {
      if (known.get(name)?.change === changes.get(name) || this.following.has(name)) continue;
      this.following.add(name);
      void locks
        .run(name, () => this.catchUp(name))
        .catch((error: unknown) => this.complain(name, error))
        .finally(() => this.following.delete(name));
    }
  }

  /** Takes over what another gateway changed in a model. Only under the model's lock, which makes what the disk says the newest there is. */
  async catchUp(name: string): Promise<void> {
    const { known, store, logger } = this.parts;
    const before = known.get(name);
    if ((await store.changes()).get(name) === before?.change) return;
    await this.settle(name);
    const now = known.get(name);
    logger.info('followed a change of another gateway', { model: name, version: now?.stored.version ?? 'removed' });
  }

  /** Reads a model anew where it changed, makes repository and Triton agree, and only then lists it so. Only under the model's lock. */
  private async settle(name: string): Promise<void> {
    const { known, store, folder, serving, inUse, logger } = this.parts;
    await store.sweep(name);
    const before = known.get(name);
    const unchanged = before?.spec && before.change === (await store.changes()).get(name);
    const model = unchanged ? before : await this.readModel(name);
    if (!model) {
      known.delete(name);
      await inUse.finished(name);
      if (await folder.isOurs(name)) await serving.withdraw(name);
      return;
    }
    if (!before) known.set(name, model);
    if (model.spec) {
      try {
        if (model.spec.triton) await this.settleInTriton(model, model.spec);
        else if (await folder.isOurs(name)) await serving.withdraw(name);
        Object.assign(model, { state: 'ready', reason: '' });
        logger.info('model is ready', { model: name, version: model.stored.version });
      } catch (error) {
        Object.assign(model, { state: 'failed', reason: asGatewayError(error).message });
        logger.error('model could not be loaded', { model: name, reason: model.reason });
      }
    }
    known.set(name, model);
  }

  private async settleInTriton(model: Model, spec: ModelSpec): Promise<void> {
    const { serving } = this.parts;
    if (!(await serving.serves(model.stored))) Object.assign(model, { state: 'loading', reason: '' });
    await serving.settle({ stored: model.stored, spec });
  }

  /** A wanted model as the disk has it; undefined when it is not wanted. */
  private async readModel(name: string): Promise<Model | undefined> {
    const { store, reader, logger } = this.parts;
    const wanted = await store.wanted(name);
    if (!wanted) return undefined;
    const { change, ...stored } = wanted;
    try {
      const spec = await reader.stored(stored);
      return { name, spec, stored, change, state: spec.triton ? 'loading' : 'ready', reason: '' };
    } catch (error) {
      logger.error('a stored model cannot be read', { model: name, reason: messageOf(error) });
      return { name, stored, change, state: 'failed', reason: messageOf(error) };
    }
  }

  private complain(name: string, error: unknown): undefined {
    this.parts.logger.error('a model could not be brought into agreement with the disk', { model: name, reason: messageOf(error) }); // prettier-ignore
  }
}
