import { fail, GatewayError } from '../errors';
import type { ModelSpec } from '../model-spec';
import type { RecognisedUpload } from '../packages/model-file-format';
import { Deployer } from './deployer';
import { linkOrCopy, moveFile } from '../workspace/durable-files';
import { InUse } from './in-use';
import { ModelReader, statusOf, type CatalogParts, type Model, type ModelList } from './model';
import { Reconciler } from './reconciler';
import type { PackageRecord } from './records';
import type { Servers, TritonServer } from './servers';
import { MODEL_NAME, type Store, type StoredVersion } from './store';
import { examine } from './validation/examine';

export type { Model, ModelState } from './model';

/** A model that can run now, and the version in Triton's repository that belongs to its spec. */
export interface ReadyModel {
  spec: ModelSpec;
  version: number;
}

/** A runnable model: its version in Triton, and the models that a pipeline calls. */
export interface ServedModels {
  spec: ModelSpec;
  modelVersion: string;
  related?: Record<string, Pick<ServedModels, 'spec' | 'modelVersion'>>;
}

/** An author's upload. */
export interface ModelUpload {
  /** The text of `config_aiaa.json`. */
  config: string;
  /** The model out of its archive (it is moved away). Pipelines have none: their config names other models. */
  data?: RecognisedUpload;
  /** Parsed `metadata.json` of a MONAI bundle. */
  bundleMetadata?: unknown;
}

const NO_DATA =
  'data is missing: send config_aiaa.json as form file "config" and the model as form file "data", as in curl -X PUT -F config=@config_aiaa.json -F data=@model.onnx';

const OTHER_KIND = 'a network cannot become a pipeline, nor the other way round: upload it with PUT';

/** How often a job is begun in all when the model under it is replaced again and again. */
const MAX_ATTEMPTS = 3;

/** The models: the one list of them, calls of them, and changes to them. */
export class Catalog implements ModelList {
  readonly reconciler: Reconciler;
  readonly servers: Servers;
  private readonly models = new Map<string, Model>();
  private readonly inUse = new InUse();
  private readonly lastCalls = new Map<string, string>();
  private readonly reader: ModelReader;
  private readonly deployer: Deployer;
  private readonly store: Store;

  constructor(private readonly parts: CatalogParts) {
    this.store = parts.store;
    this.servers = parts.servers;
    this.reader = new ModelReader(parts);
    this.deployer = new Deployer(parts);
    this.reconciler = new Reconciler(this, parts, this.reader, this.deployer);
  }

  /** All wanted models, sorted by name. Never asks Triton. */
  list(): Model[] {
    return [...this.models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): Model | undefined {
    return this.models.get(name);
  }

  /** @throws MODEL_NOT_FOUND naming the models there are */
  get(name: string): Model {
    const model = this.models.get(name);
    if (model) return model;
    const names = this.list().map((other) => other.name);
    const none = 'No model is loaded yet: upload one with PUT /admin/model/<name>';
    throw fail('MODEL_NOT_FOUND', { model: name, known: names.length ? `Loaded models: ${names.join(', ')}` : none });
  }

  /** A model that can run now. @throws MODEL_NOT_FOUND, MODEL_NOT_READY, TRITON_UNAVAILABLE */
  getReady(name: string): ReadyModel {
    const model = this.get(name);
    if (model.spec) for (const { breaker } of this.serversOf([model.spec])) breaker.throwIfOpen();
    if (model.state === 'ready' && model.spec) return { spec: model.spec, version: model.stored.version };
    const what = model.state === 'loading' ? 'it is being loaded' : statusOf(model).reason;
    throw fail('MODEL_NOT_READY', { model: name, what });
  }

  enter(model: Model): void {
    this.models.set(model.name, model);
  }

  retire(name: string): Promise<void> {
    this.models.delete(name);
    return this.inUse.finished(name);
  }

  /** When a model was last called (ISO 8601); undefined when it was not since the gateway started. */
  lastCall(name: string): string | undefined {
    return this.lastCalls.get(name);
  }

  /** The versions of a model that can be gone back to, oldest first; the one that serves is among them. @throws MODEL_NOT_FOUND */
  versions(name: string): Promise<StoredVersion[]> {
    this.get(name);
    return this.store.versions(name);
  }

  /**
   * Runs a job on a model and those that it calls; {@link remove} waits for the job. An upload that replaces one of them takes its old version
   * away between two windows: then the job begins again on the new one.
   * @param gone ends the job; so does a Triton that falls silent
   * @throws MODEL_NOT_READY naming all that cannot run now, TRITON_UNAVAILABLE, what `job` throws
   */
  async run<T>(
    { spec, version }: ReadyModel,
    gone: AbortSignal,
    job: (models: ServedModels, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const related = this.relatedTo(spec);
      const served = { spec: await this.reader.current(spec), modelVersion: String(version), related };
      const used = Object.entries({ [spec.name]: served, ...related });
      const names = used.map(([name]) => name);
      const breakers = this.serversOf(used.map(([, one]) => one.spec)).map(({ breaker }) => breaker);
      for (const breaker of breakers) breaker.throwIfOpen();
      const guarded = breakers.reduce(
        (work, breaker) => (signal: AbortSignal) => breaker.run(signal, work),
        (signal: AbortSignal) => job(served, signal),
      );
      for (const name of names) this.lastCalls.set(name, new Date().toISOString());
      try {
        return await this.inUse.run(names, () => guarded(gone));
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !(error instanceof GatewayError) || error.code !== 'MODEL_NOT_READY')
          throw error;
        const replaced = used.map(([name, { modelVersion }]) => this.wasReplaced(name, Number(modelVersion)));
        if (!(await Promise.all(replaced)).includes(true)) throw error;
        ({ spec, version } = this.getReady(spec.name));
      }
    }
  }

  /** The Tritons that serve these models; pipelines have none of their own. */
  private serversOf(specs: readonly ModelSpec[]): TritonServer[] {
    return [...new Set(specs.flatMap(({ triton }) => (triton ? [this.servers.for(triton)] : [])))];
  }

  /** The models that a pipeline calls, by name; none for other models. @throws MODEL_NOT_READY naming all that cannot run now */
  private relatedTo({ name, inference }: ModelSpec): ServedModels['related'] {
    if (!('models' in inference.inferer)) return undefined;
    const called = inference.inferer.models.map((wanted) => ({ wanted, model: this.models.get(wanted) }));
    const missing = called.flatMap(({ wanted, model }) => {
      if (!model) return `"${wanted}" (there is no such model)`;
      if (model.spec && !model.spec.triton) return `"${wanted}" (it is a pipeline itself)`;
      const { state, reason } = statusOf(model);
      return model.state === 'ready' && model.spec ? [] : `"${wanted}" (${reason || state})`;
    });
    if (missing.length > 0)
      throw fail('MODEL_NOT_READY', { model: name, what: `it calls models that cannot run: ${missing.join(', ')}` });
    return Object.fromEntries(
      called.map(({ wanted, model }) => [wanted, { spec: model!.spec!, modelVersion: String(model!.stored.version) }]),
    );
  }

  /** Whether a model serves in another version now, once a change under way is through. Not for jobs, which changes wait for. */
  private async wasReplaced(name: string, version: number): Promise<boolean> {
    await this.catchUp(name);
    const now = this.models.get(name);
    return now?.state === 'ready' && now.stored.version !== version;
  }

  /**
   * Publishes an upload: check, store, write into the repository, load, wait for READY, and only then list it.
   * Any failure puts the previous version back and leaves nothing of the new one. A pipeline is a config alone.
   * @throws BAD_MODEL_NAME, BAD_CONFIG, BAD_MODEL_FILE, MODEL_LOAD_FAILED, TRITON_UNAVAILABLE
   */
  put(name: string, { config, data, bundleMetadata }: ModelUpload): Promise<Model> {
    if (!MODEL_NAME.test(name)) throw fail('BAD_MODEL_NAME', { model: name });
    return this.change(name, async () => {
      const found = { bundleMetadata, tritonConfig: data?.tritonConfig };
      const spec = await this.reader.config(config, name, found);
      if (!spec.triton && data)
        throw fail('BAD_UPLOAD', { what: 'a pipeline has no network of its own: send "config" without "data"' });
      if (spec.triton && !data) throw fail('BAD_UPLOAD', { what: NO_DATA });
      const prepared = data && (await this.parts.reading.prepare(spec, data));
      spec.warnings.push(...(prepared?.warnings ?? []));
      return this.publish(spec, config, found, prepared?.model, moveFile);
    });
  }

  /**
   * Gives a model a new config; its file stays. Same steps and same safety as {@link put}: on any failure the previous config goes on serving.
   * @throws MODEL_NOT_FOUND, BAD_CONFIG, BAD_MODEL_FILE, MODEL_LOAD_FAILED, TRITON_UNAVAILABLE
   */
  patch(name: string, config: string): Promise<Model> {
    return this.change(name, async () => {
      const stored = this.readable(name);
      const spec = await this.reader.config(config, name, stored);
      const file = await this.reader.file(stored);
      if (!file !== !spec.triton) throw fail('BAD_CONFIG', { what: OTHER_KIND });
      return this.publish(spec, config, stored, file, linkOrCopy);
    });
  }

  /**
   * Reads a config as {@link patch} would, against the model file that is there, and changes nothing.
   * @throws MODEL_NOT_FOUND, BAD_CONFIG, BAD_MODEL_FILE, CODE_NOT_ALLOWED
   */
  async checkConfig(name: string, config: string): Promise<ModelSpec> {
    const stored = this.readable(name);
    const spec = await this.reader.stored({ ...stored, config }, true);
    if (!stored.file && spec.triton) throw fail('BAD_CONFIG', { what: OTHER_KIND });
    return spec;
  }

  /**
   * Serves another kept version of a model. Same safety as {@link put}.
   * @throws MODEL_NOT_FOUND, VERSION_NOT_FOUND, MODEL_LOAD_FAILED, TRITON_UNAVAILABLE
   */
  rollBack(name: string, version: number): Promise<Model> {
    return this.change(name, async () => {
      const current = this.get(name);
      if (current.stored.version === version && statusOf(current).state === 'ready') return current;
      const kept = await this.store.versions(name);
      const stored = kept.find((other) => other.version === version);
      if (stored) return this.deploy(await this.reader.stored(stored), stored);
      throw fail('VERSION_NOT_FOUND', { model: name, version, kept: kept.map((other) => other.version).join(', ') });
    });
  }

  /** Takes a model out of service: no new calls, what runs finishes, then Triton unloads and the files go. @throws MODEL_NOT_FOUND */
  remove(name: string): Promise<void> {
    return this.change(name, async () => {
      const { stored } = this.get(name);
      await this.store.remove(name);
      // A job of many windows asks Triton again and again.
      await this.retire(name);
      await this.deployer.withdraw(stored);
      this.parts.logger.info('model was removed', { model: name });
    });
  }

  /** Examines a model that serves once more. @throws MODEL_NOT_FOUND, MODEL_NOT_READY */
  async examine(name: string): Promise<Model> {
    if (this.parts.options.shared) await this.catchUp(name);
    await this.reconciler.lookAt(name);
    const { spec, version } = this.getReady(name);
    const model = this.get(name);
    const { triton } = spec.triton ? this.servers.for(spec.triton) : this.servers.main;
    model.checkup = await this.inUse.run([name], () => examine(spec, version, triton, this.parts.options));
    return model;
  }

  /** The stored facts of a model. @throws MODEL_NOT_FOUND, BAD_MODEL_FILE when it cannot be read */
  private readable(name: string): StoredVersion {
    const { stored } = this.get(name);
    if (stored.damage) throw fail('BAD_MODEL_FILE', { file: name, what: stored.damage });
    return stored;
  }

  /** Stores a checked package and {@link deploy}s it; on any failure nothing of it is left. */
  private async publish(
    spec: ModelSpec,
    config: string,
    { bundleMetadata, tritonConfig }: Pick<PackageRecord, 'bundleMetadata' | 'tritonConfig'>,
    model: RecognisedUpload | undefined,
    place: (from: string, to: string) => Promise<void>,
  ): Promise<Model> {
    const built = model && (await this.reader.package(spec, model));
    const about = { platform: built?.platform ?? 'none', file: built?.fileName, uploaded: new Date().toISOString() };
    const record = { ...about, bundleMetadata, tritonConfig };
    const from = model && { from: model.path, place };
    const served = this.models.get(spec.name)?.stored.version;
    const stored = await this.store.add(spec.name, config, record, from, served);
    try {
      return await this.deploy(built?.spec ?? spec, stored);
    } catch (error) {
      await this.store.discard(spec.name, stored.version);
      throw error;
    }
  }

  private async deploy(spec: ModelSpec, stored: StoredVersion): Promise<Model> {
    const model = await this.deployer.deploy({ spec, stored }, this.models.get(spec.name));
    this.enter(model);
    return model;
  }

  /** Settles when no change of a model is under way and what another gateway did before is known. */
  private async catchUp(name: string): Promise<void> {
    if (this.parts.options.shared) await this.change(name, () => Promise.resolve());
    else await this.parts.locks.idle(name);
  }

  /** Runs `work`, which may change a model: nobody else does meanwhile, and what another gateway did before is known. @throws MODEL_BUSY */
  private change<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { locks, options } = this.parts;
    return locks.run(name, async () => {
      if (options.shared) await this.reconciler.catchUp(name);
      try {
        return await work();
      } catch (error) {
        // Of several things that go wrong then, this is the reason.
        await locks.confirm(name);
        throw error;
      } finally {
        // Another gateway went on from what the disk said, not from what was half done here.
        if (!(await locks.holds(name))) void this.reconciler.settleOne(name);
      }
    });
  }
}
