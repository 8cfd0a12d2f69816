import { messageOf } from '../errors';
import type { Gateways } from '../workspace/gateways';
import type { Deployer } from './deployer';
import { outcomeOf, statusOf, type CatalogParts, type Model, type ModelList, type ModelReader } from './model';
import { UNKNOWN_CHANGE } from './records';
import type { TritonServer } from './servers';

const LOOK_EVERY_MS = 1000;
const DISK_EVERY_MS = 5000;
/** Looks at the disk before a folder that could not be made is tried again. */
const LOOKS_OF_PAUSE = 12;

/**
 * Makes the catalog agree with the disk, and Triton with the catalog: at start, whenever Triton comes back (in explicit mode it forgets its
 * models), and when another gateway changed something or died in the middle of a change.
 */
export class Reconciler {
  /** Models that are being brought into agreement with the disk in the background. */
  private readonly following = new Set<string>();
  /** Models whose folder could not be made, with the looks until it is tried again. */
  private readonly pauses = new Map<string, number>();

  constructor(
    private readonly catalog: ModelList,
    private readonly parts: CatalogParts,
    private readonly reader: ModelReader,
    private readonly deployer: Deployer,
  ) {}

  /** Lists the wanted models of the disk; nothing is changed there. Triton is not needed for this. */
  async read(): Promise<void> {
    for (const name of await this.parts.store.names()) {
      const model = await this.readModel(name).catch(this.complain(name));
      if (model) this.catalog.enter(model);
    }
  }

  /** Removes what gateways that are gone left unfinished beside the models. */
  async removeDeadGateways(alive: ReadonlySet<string>): Promise<void> {
    await this.parts.store.prepare(alive);
    for (const { repository } of this.parts.servers.all) await repository.prepare(alive);
  }

  /**
   * Has Triton serve every wanted model, and nothing else that a gateway published.
   * @param one only what this Triton serves, or is to serve
   * @returns whether the disk let it look at each
   */
  async settleAll(one?: TritonServer): Promise<boolean> {
    const { store, servers } = this.parts;
    const listed = [...this.catalog.list().map(({ name }) => name), ...(await store.names())];
    const wanted = listed.filter((name) => {
      const config = this.catalog.find(name)?.spec?.triton;
      return !one || !config || servers.for(config) === one;
    });
    const placed = await Promise.all((one ? [one] : servers.all).map(({ repository }) => repository.names()));
    const names = new Set([...wanted, ...placed.flat()]);
    return (await Promise.all([...names].map((name) => this.settleOne(name)))).every(Boolean);
  }

  /** The same for one model, as soon as nobody changes it. */
  async settleOne(name: string): Promise<boolean> {
    const settled = this.parts.locks.run(name, () => this.settle(name)).then(() => true);
    return (await settled.catch(this.complain(name))) === true;
  }

  /** Looks for changes that other gateways made; those are followed in the background, each model for itself. */
  async follow(): Promise<void> {
    const changes = await this.parts.store.changes();
    const listed = this.catalog.list().map(({ name }) => name);
    for (const name of new Set([...listed, ...changes.keys()])) {
      if (this.isNews(name, changes)) this.inBackground(name, () => this.catchUp(name));
    }
  }

  /** Does something about a model as soon as nobody changes it; nothing while that is under way already. */
  private inBackground(name: string, work: () => Promise<unknown>): void {
    if (this.following.has(name)) return;
    this.following.add(name);
    void this.parts.locks
      .run(name, work)
      .catch(this.complain(name))
      .finally(() => this.following.delete(name));
  }

  /**
   * Looks whether the disk still has what is served: damaged files are named, and a folder that the repository has lost is made again. A Triton that
   * lives and gave no answer about a model is asked again.
   */
  async look(): Promise<void> {
    for (const model of this.catalog.list())
      if (await this.isAmiss(model)) this.inBackground(model.name, () => this.lookAt(model.name));
  }

  private async isAmiss(model: Model): Promise<boolean> {
    if ((await this.damageOf(model)) !== model.damage) return true;
    // One that is gone is watched for.
    const { triton } = model.spec ?? {};
    if (model.unanswered && triton && this.parts.servers.for(triton).isSettled) return true;
    const pause = this.pauses.get(model.name) ?? 0;
    if (pause > 0) this.pauses.set(model.name, pause - 1);
    return pause === 0 && this.lacksFolder(model);
  }

  private async lacksFolder({ spec, stored }: Model): Promise<boolean> {
    return spec?.triton !== undefined && !(await this.parts.servers.for(spec.triton).repository.holds(stored));
  }

  /** Why what is stored of a model cannot be read now; undefined where it can. */
  private async damageOf({ name }: Model): Promise<string | undefined> {
    const wanted = await this.parts.store.wanted(name);
    if (wanted || this.parts.options.shared) return wanted?.damage;
    return 'its files are gone from the disk of this server: upload the model again, or delete it';
  }

  /** Compares a model with the disk. Nobody may be changing it. */
  async lookAt(name: string): Promise<void> {
    const model = this.catalog.find(name);
    if (!model) return;
    const before = model.damage;
    model.damage = await this.damageOf(model);
    if (model.damage !== undefined && model.damage !== before)
      this.parts.logger.error('the files of a model are damaged', { model: name, reason: statusOf(model).reason });
    const isMended = before !== undefined && model.damage === undefined;
    if (!isMended && !model.unanswered && !(await this.lacksFolder(model))) return;
    await this.settle(name);
    this.pauses.delete(name);
    if (await this.lacksFolder(model)) this.pauses.set(name, LOOKS_OF_PAUSE);
  }

  /** Takes over what another gateway changed in a model. Only under the model's lock, which makes what the disk says the newest there is. */
  async catchUp(name: string): Promise<void> {
    if (!this.isNews(name, await this.parts.store.changes())) return;
    await this.settle(name);
    const version = this.catalog.find(name)?.stored.version ?? 'removed';
    this.parts.logger.info('followed a change of another gateway', { model: name, version });
  }

  /** A record that cannot be read takes no model away. */
  private isNews(name: string, changes: ReadonlyMap<string, string>): boolean {
    const [known, now] = [this.catalog.find(name), changes.get(name)];
    return known?.change !== now && !(known && now === UNKNOWN_CHANGE);
  }

  /** Reads a model anew where it changed, makes repository and Triton agree, and only then lists it so. Only under the model's lock. */
  private async settle(name: string): Promise<void> {
    const { catalog, deployer } = this;
    const { store, servers, logger } = this.parts;
    await store.sweep(name);
    const before = catalog.find(name);
    const unchanged = before?.spec && !this.isNews(name, await store.changes());
    const model = unchanged ? before : await this.readModel(name);
    if (!model) {
      await catalog.retire(name);
      return deployer.withdraw({ name });
    }
    if (!before) catalog.enter(model);
    const { spec, stored, unanswered } = model;
    try {
      if (!spec) return;
      if (spec.triton) {
        if (!(await deployer.serves({ stored, spec }))) Object.assign(model, { state: 'loading', reason: '' });
        await deployer.settle({ stored, spec });
      }
      await deployer.withdraw({ name }, spec.triton && servers.for(spec.triton));
      Object.assign(model, outcomeOf());
      logger.info('model is ready', { model: name, version: stored.version });
    } catch (error) {
      // Triton serves what it has loaded, whatever became of the folder.
      const serves = spec?.triton !== undefined && (await deployer.serves({ stored, spec }).catch(() => false));
      const outcome = outcomeOf(error);
      Object.assign(model, serves ? outcomeOf() : outcome);
      const what = serves ? 'a model serves, and its folder cannot be made' : 'model could not be loaded';
      // Told once, however often it is tried again.
      if (!unanswered || !outcome.unanswered) logger.error(what, { model: name, reason: outcome.reason });
    } finally {
      catalog.enter(model);
    }
  }

  /** A wanted model as the disk has it; undefined when it is not wanted. */
  private async readModel(name: string): Promise<Model | undefined> {
    const { store, logger } = this.parts;
    const wanted = await store.wanted(name);
    if (!wanted) return undefined;
    const { change, ...stored } = wanted;
    try {
      const spec = await this.reader.stored(stored);
      return { name, spec, stored, change, state: spec.triton ? 'loading' : 'ready', reason: '' };
    } catch (error) {
      const { damage } = stored;
      const reason = damage ?? messageOf(error);
      logger.error('a stored model cannot be read', { model: name, reason });
      return { name, stored, change, state: 'failed', reason, damage };
    }
  }

  private readonly report =
    (message: string, facts: object = {}) =>
    (error: unknown): undefined =>
      void this.parts.logger.error(message, { ...facts, reason: messageOf(error) });

  private readonly complain = (model: string) =>
    this.report('a model could not be brought into agreement with the disk', { model });

  /** Settles the models of each Triton when it is first seen and whenever it comes back. @returns stops watching */
  watchTriton(): () => void {
    const stops = this.parts.servers.all.map((server) => this.watch(server));
    return () => stops.forEach((stop) => stop());
  }

  private watch(server: TritonServer): () => void {
    const { triton, breaker } = server;
    const { logger } = this.parts;
    let changes = 0;
    const onChange = (live: boolean) => {
      const change = ++changes;
      server.isSettled = false;
      if (!live) return void logger.error('Triton does not answer', { url: triton.url });
      logger.info('Triton is live', { url: triton.url });
      void this.tellSharedMemory(server);
      void this.settleAll(server)
        .catch(this.report('models could not be reconciled'))
        .then(() => (server.isSettled = change === changes));
    };
    return triton.health.watchLiveness(LOOK_EVERY_MS, onChange, (live) => breaker.record(live));
  }

  /** Tensors that go the slow way show in nothing but time: the log says so at start and whenever Triton comes back. */
  private async tellSharedMemory({ name: server, triton }: TritonServer): Promise<void> {
    const { logger } = this.parts;
    const { expected, used, reason, remedy } = await triton.sharedMemoryUse(true);
    if (used) logger.info('large tensors go through shared memory', { server });
    else if (expected)
      logger.warn('large tensors go through gRPC: shared memory is not used', { server, reason, remedy });
  }

  /**
   * Where several gateways share the workspace: follows what the others change, and clears up after those that died.
   * @param clearUp removes from the workspace what gateways that are gone left unfinished
   * @returns stops watching
   */
  watchGateways(gateways: Gateways, clearUp: () => Promise<void>): () => void {
    const { logger } = this.parts;
    /** Until all that a dead gateway left is gone: a lock that another one holds, or the disk, may have been in the way. */
    let isLeft = false;
    const look = async () => {
      if (await gateways.stay()) logger.warn('other gateways took this one for dead: it did not show itself in time');
      await this.follow();
      const isGone = await gateways.removeDead();
      if (isGone) logger.warn('another gateway is gone; what it left unfinished is cleared up');
      isLeft ||= isGone;
      if (!isLeft) return;
      await clearUp();
      isLeft = !(await this.settleAll());
    };
    return this.repeat(LOOK_EVERY_MS, look, 'the shared workspace could not be looked at');
  }

  /** {@link look}s every few seconds. @returns stops watching */
  watchDisk(): () => void {
    return this.repeat(DISK_EVERY_MS, () => this.look(), 'the models on the disk could not be looked at');
  }

  /** @param message logged with the reason, once for all failures in a row that have the same one */
  private repeat(everyMs: number, work: () => Promise<void>, message: string): () => void {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    let known = '';
    const turn = async (): Promise<void> => {
      const reason = await work().then(() => '', messageOf);
      if (reason && reason !== known) this.report(message)(reason);
      known = reason;
      if (!stopped) later();
    };
    const later = () => void (timer = setTimeout(() => void turn(), everyMs).unref());
    later();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }
}
