import { join } from 'node:path';
import { asGatewayError, fail, GatewayError } from '../errors';
import type { Logger } from '../telemetry/logger';
import type { TransformLibrary } from '../transforms/own/library';
import { modelCounts, type ModelCounts } from '../triton/statistics';
import type { SharedMemoryUse, Triton } from '../triton/triton';
import type { SharedLocks } from '../workspace/shared-locks';
import { linkOrCopy } from './durable-files';
import { examine, type DoctorOptions } from './validation/doctor';
import { InUse } from './in-use';
import type { Model } from './model';
import { parseJson } from '../config/config-source';
import { ModelReader } from './model-reader';
import type { ModelSpec } from '../model-spec';
import { CircuitBreaker } from '../triton/circuit-breaker';
import type { UploadedModel } from '../packages/package-builder';
import { prepareModel } from '../packages/prepare-model';
import type { BuildOptions } from '../packages/repository-package';
import { Recovery } from './recovery';
import type { Repository } from './repository';
import { Serving } from './serving';
import type { Store, PackageRecord, StoredVersion } from './store';

export type { Model, ModelState } from './model';

/** A model that can run now, and the version in Triton's repository that belongs to its spec. */
export interface ReadyModel {
  spec: ModelSpec;
  version: number;
}

/** What a job runs: a model, its version in Triton, and the models that a pipeline calls. */
export interface ServedModels {
  spec: ModelSpec;
  modelVersion: string;
  related?: Record<string, { spec: ModelSpec; modelVersion: string }>;
}

/** How often a job is begun in all when the model under it is replaced again and again. */
const MAX_ATTEMPTS = 3;

/** Triton as operators see it. */
export interface TritonState {
  url: string;
  live: boolean;
  shared_memory: SharedMemoryUse;
}

/** What an author uploads. */
export interface ModelUpload {
  /** The text of `config_aiaa.json`. */
  config: string;
  /** The model out of its archive (it is moved away). Pipelines have none: their config names other models. */
  data?: UploadedModel;
  /** Parsed `metadata.json` of a MONAI bundle. */
  bundleMetadata?: unknown;
}

const NO_DATA =
  'data is missing: send config_aiaa.json as form file "config" and the model as form file "data", as in curl -X PUT -F config=@config_aiaa.json -F data=@model.onnx';

const OTHER_KIND = 'a network cannot become a pipeline, nor the other way round: upload it with PUT';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** What the models are made of. */
export interface CatalogParts {
  store: Store;
  folder: Repository;
  triton: Triton;
  logger: Logger;
  /** Transforms that model authors brought. */
  library: TransformLibrary;
  /** By name of the model; among all gateways of the workspace. */
  locks: SharedLocks;
  options: BuildOptions &
    DoctorOptions & {
      /** Whether other gateways may change the models too. */
      shared: boolean;
    };
}

/** The models: what is wanted (store), what Triton serves (repository folder + load), and the steps between the two. */
export class Catalog {
  readonly recovery: Recovery;
  readonly breaker: CircuitBreaker;
  private readonly known = new Map<string, Model>();
  private readonly inUse = new InUse();
  private readonly lastCalls = new Map<string, string>();
  private readonly reader: ModelReader;
  private readonly serving: Serving;
  private readonly store: Store;

  constructor(private readonly parts: CatalogParts) {
    const { store, folder, triton, logger, library, locks, options } = parts;
    this.store = store;
    this.breaker = new CircuitBreaker(triton.url);
    this.reader = new ModelReader(library, options);
    this.serving = new Serving(folder, triton, logger, locks, options);
    const { known, serving, reader, inUse } = this;
    this.recovery = new Recovery({ known, store, folder, serving, reader, locks, inUse, logger });
  }

  /** All wanted models, sorted by name. Never asks Triton. */
  list(): Model[] {
    return [...this.known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether Triton answers now. */
  async tritonState(): Promise<TritonState> {
    const { triton } = this.parts;
    const live = await triton.health.isLive();
    return { url: triton.url, live, shared_memory: await triton.sharedMemoryUse(live) };
  }

  /** Triton's version, and what it counted for each model since it was loaded. @throws TRITON_UNAVAILABLE, TRITON_TIMEOUT */
  async tritonFigures(): Promise<{ version: string; counts: ModelCounts[] }> {
    const { health, repository } = this.parts.triton;
    const [{ version }, counts] = await Promise.all([health.serverMetadata(), modelCounts(repository.channel)]);
    return { version, counts };
  }

  /** @throws MODEL_NOT_FOUND naming the models there are */
  get(name: string): Model {
    const model = this.known.get(name);
    if (model) return model;
    const names = this.list().map((other) => other.name);
    throw fail('MODEL_NOT_FOUND', {
      model: name,
      known: names.length
        ? `Loaded models: ${names.join(', ')}`
        : 'No model is loaded yet: upload one with PUT /admin/model/<name>',
    });
  }

  /** A model that can run now. @throws MODEL_NOT_FOUND, MODEL_NOT_READY, TRITON_UNAVAILABLE */
  getReady(name: string): ReadyModel {
    const model = this.get(name);
    if (model.spec) this.breaker.throwIfOpen();
    if (model.state === 'ready' && model.spec) return { spec: model.spec, version: model.stored.version };
    throw fail('MODEL_NOT_READY', {
      model: name,
      what: model.state === 'loading' ? 'it is being loaded' : model.reason,
    });
  }

  /** The models that a pipeline calls, by name; none for other models. @throws MODEL_NOT_READY naming all that cannot run now */
  private relatedTo({ name, inference }: ModelSpec): ServedModels['related'] {
    if (inference.inferer.kind !== 'pipeline') return undefined;
    const called = inference.inferer.models.map((wanted) => ({ wanted, model: this.known.get(wanted) }));
    const missing = called.flatMap(({ wanted, model }) => {
      if (!model) return `"${wanted}" (there is no such model)`;
      if (model.spec && !model.spec.triton) return `"${wanted}" (it is a pipeline itself)`;
      return model.state === 'ready' && model.spec ? [] : `"${wanted}" (${model.reason || model.state})`;
    });
    if (missing.length > 0)
      throw fail('MODEL_NOT_READY', { model: name, what: `it calls models that cannot run: ${missing.join(', ')}` });
    return Object.fromEntries(
      called.map(({ wanted, model }) => [wanted, { spec: model!.spec!, modelVersion: String(model!.stored.version) }]),
    );
  }

  /**
   * Publishes an upload: check, store, write into the repository, load, wait for READY, and only then list it.
   * Any failure puts the version of before back and leaves nothing behind. A pipeline is a config alone.
   * @throws BAD_MODEL_NAME, BAD_CONFIG, BAD_MODEL_FILE, MODEL_LOAD_FAILED, TRITON_UNAVAILABLE
   */
  put(name: string, { config, data, bundleMetadata }: ModelUpload): Promise<Model> {
    if (!NAME.test(name)) throw fail('BAD_MODEL_NAME', { model: name });
    return this.change(name, async () => {
      const tritonConfig = data?.tritonConfig;
      const spec = await this.reader.configText(config, name, { bundleMetadata, tritonConfig });
      if (!spec.triton) {
        if (data)
          throw fail('BAD_UPLOAD', { what: 'a pipeline has no network of its own: send "config" without "data"' });
        return this.publish(spec, { platform: 'none' }, (record) => this.store.add(name, config, record));
      }
      if (!data) throw fail('BAD_UPLOAD', { what: NO_DATA });
      const { model, warnings } = await prepareModel(spec, data);
      spec.warnings.push(...warnings);
      const built = await this.reader.package(spec, model);
      return this.publish(built.spec, { ...built, bundleMetadata, tritonConfig }, (record) =>
        this.store.add(name, config, record, { from: model.path }),
      );
    });
  }

  /**
   * Gives a model a new config; its file stays. Same steps and same safety as {@link put}: on any failure the config of before goes on serving.
   * @throws MODEL_NOT_FOUND, BAD_CONFIG, MODEL_LOAD_FAILED, TRITON_UNAVAILABLE
   */
  patch(name: string, config: string): Promise<Model> {
    return this.change(name, async () => {
      const { stored } = this.get(name);
      const { bundleMetadata, tritonConfig } = stored;
      const spec = await this.reader.configText(config, name, { bundleMetadata, tritonConfig });
      if (!stored.file || !spec.triton) {
        if (stored.file || spec.triton) throw fail('BAD_CONFIG', { what: OTHER_KIND });
        return this.publish(spec, { platform: 'none' }, (record) => this.store.add(name, config, record));
      }
      const from = join(stored.directory, stored.file);
      const built = await this.reader.package(spec, { path: from, name: stored.file, tritonConfig });
      return this.publish(built.spec, { ...built, bundleMetadata, tritonConfig }, (record) =>
        this.store.add(name, config, record, { from, place: linkOrCopy }),
      );
    });
  }

  /**
   * Reads a config as {@link patch} would, against the model file that is there, and changes nothing.
   * @throws MODEL_NOT_FOUND, BAD_CONFIG, BAD_MODEL_FILE
   */
  async checkConfig(name: string, config: string): Promise<ModelSpec> {
    const { stored } = this.get(name);
    const spec = await this.reader.stored({ ...stored, config: parseJson(config) });
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
      if (current.stored.version === version && current.state === 'ready') return current;
      const stored = await this.store.get(name, version);
      if (!stored) {
        const kept = (await this.store.versions(name)).map((other) => other.version).join(', ');
        throw fail('VERSION_NOT_FOUND', { model: name, version, kept });
      }
      return this.activate(await this.reader.stored(stored), stored);
    });
  }

  /** Takes a model out of service: no new calls, what runs finishes, then Triton unloads and the files go. @throws MODEL_NOT_FOUND */
  remove(name: string): Promise<void> {
    return this.change(name, async () => {
      const { stored } = this.get(name);
      await this.store.remove(name);
      this.known.delete(name);
      // A job of many windows asks Triton again and again.
      await this.inUse.finished(name);
      if (stored.file) await this.serving.withdraw(name);
      this.parts.logger.info('model was removed', { model: name });
    });
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
    model: ReadyModel,
    gone: AbortSignal,
    job: (models: ServedModels, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    let { spec, version } = model;
    for (let attempt = 1; ; attempt++) {
      const served = { spec, modelVersion: String(version), related: this.relatedTo(spec) };
      const used = Object.entries({ [spec.name]: served, ...served.related });
      const names = used.map(([name]) => name);
      for (const name of names) this.lastCalls.set(name, new Date().toISOString());
      try {
        return await this.inUse.run(names, () => this.breaker.run(gone, (signal) => job(served, signal)));
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !(error instanceof GatewayError) || error.code !== 'MODEL_NOT_READY')
          throw error;
        const replaced = used.map(([name, { modelVersion }]) => this.wasReplaced(name, Number(modelVersion)));
        if (!(await Promise.all(replaced)).includes(true)) throw error;
        ({ spec, version } = this.getReady(spec.name));
      }
    }
  }

  /** When a model was last called (ISO 8601); undefined when it was not since the gateway started. */
  lastCall(name: string): string | undefined {
    return this.lastCalls.get(name);
  }

  /**
   * Whether a model serves in another version now than in that one, once a change under way is through: then work that failed for want of
   * that version can be done again with the new one. Not to be asked from inside a job, which changes wait for.
   */
  private async wasReplaced(name: string, version: number): Promise<boolean> {
    if (this.parts.options.shared) await this.change(name, () => Promise.resolve());
    else await this.parts.locks.idle(name);
    const now = this.known.get(name);
    return now?.state === 'ready' && now.stored.version !== version;
  }

  /** Examines a model that serves once more. @throws MODEL_NOT_FOUND, MODEL_NOT_READY */
  async examine(name: string): Promise<Model> {
    if (this.parts.options.shared) await this.change(name, () => Promise.resolve());
    const { spec, version } = this.getReady(name);
    const model = this.get(name);
    const { triton, options } = this.parts;
    model.checkup = await this.inUse.run([name], () => examine(spec, version, triton, options));
    return model;
  }

  /** Runs `work`, which may change a model: nobody else does meanwhile, and what another gateway did before is known. @throws MODEL_BUSY */
  private change<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { locks, options } = this.parts;
    return locks.run(name, async () => {
      if (options.shared) await this.recovery.catchUp(name);
      try {
        return await work();
      } catch (error) {
        // Of several things that go wrong then, this is the reason.
        await locks.confirm(name);
        throw error;
      } finally {
        // Whatever was half done here, another gateway went on from what the disk said.
        if (!(await locks.holds(name))) void this.recovery.settleOne(name);
      }
    });
  }

  /** Stores a checked package and {@link activate}s it; on any failure nothing of it is left. */
  private async publish(
    spec: ModelSpec,
    {
      platform,
      fileName,
      bundleMetadata,
      tritonConfig,
    }: Omit<PackageRecord, 'uploaded' | 'file'> & { fileName?: string },
    add: (record: PackageRecord) => Promise<StoredVersion>,
  ): Promise<Model> {
    const uploaded = new Date().toISOString();
    const stored = await add({ platform, file: fileName, uploaded, bundleMetadata, tritonConfig });
    try {
      return await this.activate(spec, stored);
    } catch (error) {
      await this.store.discard(spec.name, stored.version);
      throw error;
    }
  }

  /** Has Triton serve a stored version, and only then makes it the model; else everything is as before. */
  private async activate(spec: ModelSpec, stored: StoredVersion): Promise<Model> {
    const { name } = spec;
    const { platform, version } = stored;
    const { settled } = this.recovery;
    const before = this.known.get(name);
    const trial = spec.triton ? await this.tryOut(spec, stored, before) : undefined;
    let change: string;
    try {
      change = await this.store.commit(name, version);
    } catch (error) {
      await trial?.putBack();
      throw error;
    }
    await trial?.keep();
    const model: Model = { name, spec, stored, change, state: 'ready', reason: '', checkup: trial?.checkup };
    this.known.set(name, model);
    if (!spec.triton && before?.stored.file) await this.serving.withdraw(name);
    this.parts.logger.info('model is ready', { model: name, version, platform });
    // A Triton that came back meanwhile may not have been told of this model.
    if (spec.triton && this.recovery.settled !== settled) {
      await this.serving.settle({ stored, spec }).catch((error: unknown) => this.setState(model, error));
    }
    return model;
  }

  private tryOut(spec: ModelSpec, stored: StoredVersion, before: Model | undefined) {
    const servedBefore = before?.spec && { stored: before.stored, spec: before.spec };
    return this.serving.tryOut({ stored, spec }, servedBefore, (error) => this.setState(before!, error));
  }

  /** @param error why the model does not serve; undefined when it does */
  private setState(model: Model, error: unknown): void {
    const reason = error === undefined ? '' : asGatewayError(error).message;
    Object.assign(model, { state: error === undefined ? 'ready' : 'failed', reason });
    if (reason) this.parts.logger.error('a model that served does not serve any more', { model: model.name, reason });
  }
}
