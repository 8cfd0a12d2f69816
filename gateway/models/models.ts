import { join } from 'node:path';
import { asGatewayError, fail, messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';
import type { TritonModelConfig } from '../triton/model-config';
import type { TransformLibrary } from '../transforms/own/library';
import type { Triton } from '../triton/triton';
import { parseModelConfig } from './config/parse-model-config';
import { catalogueWith } from './config/transform-catalogue';
import { linkOrCopy } from './durable-files';
import { examine, type Checkup, type DoctorOptions } from './doctor/doctor';
import { InUse } from './in-use';
import { Locks } from './locks';
import type { ModelSpec } from './model-spec';
import { buildPackage } from './packages/build-package';
import type { UploadedModel } from './packages/package-builder';
import { prepareModel } from './packages/prepare-model';
import type { BuildOptions } from './packages/repository-package';
import type { RepositoryFolder } from './repository-folder';
import type { ModelStore, PackageRecord, StoredVersion } from './store';

export type ModelState = 'loading' | 'ready' | 'failed';

/** A model the gateway is to serve. */
export interface Model {
  name: string;
  /** Absent when the stored config can no longer be read; `reason` says why. */
  spec?: ModelSpec;
  stored: StoredVersion;
  state: ModelState;
  /** Why it is not ready, in Triton's or the config reader's words. */
  reason: string;
  /** What its last examination found; none since the gateway started when absent. */
  checkup?: Checkup;
}

/** A model that can run now, and the version in Triton's repository that belongs to its spec. */
export interface ReadyModel {
  spec: ModelSpec;
  version: number;
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

/** The models: what is wanted (store), what Triton serves (repository folder + load), and the steps between the two. */
export class Models {
  private readonly known = new Map<string, Model>();
  private readonly locks = new Locks();
  private readonly inUse = new InUse();
  private readonly lastCalls = new Map<string, string>();

  constructor(
    private readonly store: ModelStore,
    private readonly folder: RepositoryFolder,
    private readonly triton: Triton,
    private readonly logger: Logger,
    /** Transforms that model authors brought. */
    private readonly library: TransformLibrary,
    private readonly options: BuildOptions & DoctorOptions,
  ) {}

  /** All wanted models, sorted by name. Never asks Triton. */
  list(): Model[] {
    return [...this.known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether Triton answers now. */
  async tritonState(): Promise<{ url: string; live: boolean }> {
    return { url: this.triton.url, live: await this.triton.health.isLive() };
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

  /** A model that can run now. @throws MODEL_NOT_FOUND, MODEL_NOT_READY */
  getReady(name: string): ReadyModel {
    const model = this.get(name);
    if (model.state === 'ready' && model.spec) return { spec: model.spec, version: model.stored.version };
    throw fail('MODEL_NOT_READY', {
      model: name,
      what: model.state === 'loading' ? 'it is being loaded' : model.reason,
    });
  }

  /** The models that a pipeline calls, by name; none for other models. @throws MODEL_NOT_READY naming all that cannot run now */
  relatedTo({ name, inference }: ModelSpec): Record<string, { spec: ModelSpec; modelVersion: string }> | undefined {
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
    return this.locks.run(name, async () => {
      const tritonConfig = data?.tritonConfig;
      const spec = await this.parse(parseJson(config), name, { bundleMetadata, tritonConfig });
      if (!spec.triton) {
        if (data)
          throw fail('BAD_UPLOAD', { what: 'a pipeline has no network of its own: send "config" without "data"' });
        return this.publish(spec, { platform: 'none' }, (record) => this.store.add(name, config, record));
      }
      if (!data) throw fail('BAD_UPLOAD', { what: NO_DATA });
      const { model, warnings } = await prepareModel(spec, data);
      spec.warnings.push(...warnings);
      const built = await buildPackage(spec, model, this.options);
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
    this.get(name);
    return this.locks.run(name, async () => {
      const { stored } = this.get(name);
      const { bundleMetadata, tritonConfig } = stored;
      const spec = await this.parse(parseJson(config), name, { bundleMetadata, tritonConfig });
      if (!stored.file || !spec.triton) {
        if (stored.file || spec.triton) throw fail('BAD_CONFIG', { what: OTHER_KIND });
        return this.publish(spec, { platform: 'none' }, (record) => this.store.add(name, config, record));
      }
      const from = join(stored.directory, stored.file);
      const built = await buildPackage(spec, { path: from, name: stored.file, tritonConfig }, this.options);
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
    const { spec, built } = await this.read({ ...stored, config: parseJson(config) });
    if (!stored.file && spec.triton) throw fail('BAD_CONFIG', { what: OTHER_KIND });
    return built?.spec ?? spec;
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
    const checkup = spec.triton ? await this.serve(stored, spec, spec.triton) : undefined;
    await this.store.commit(name, version);
    const before = this.known.get(name);
    const model: Model = { name, spec, stored, state: 'ready', reason: '', checkup };
    this.known.set(name, model);
    if (!spec.triton && before?.stored.file) await this.withdraw(name);
    this.logger.info('model is ready', { model: name, version, platform });
    return model;
  }

  /** The versions of a model that can be gone back to, oldest first; the one that serves is among them. @throws MODEL_NOT_FOUND */
  versions(name: string): Promise<StoredVersion[]> {
    this.get(name);
    return this.store.versions(name);
  }

  /**
   * Serves another kept version of a model. Same safety as {@link put}.
   * @throws MODEL_NOT_FOUND, VERSION_NOT_FOUND, MODEL_LOAD_FAILED, TRITON_UNAVAILABLE
   */
  rollBack(name: string, version: number): Promise<Model> {
    this.get(name);
    return this.locks.run(name, async () => {
      const current = this.get(name);
      if (current.stored.version === version && current.state === 'ready') return current;
      const stored = await this.store.get(name, version);
      if (!stored) {
        const kept = (await this.store.versions(name)).map((other) => other.version).join(', ');
        throw fail('VERSION_NOT_FOUND', { model: name, version, kept });
      }
      const { spec, built } = await this.read(stored);
      return this.activate(built?.spec ?? spec, stored);
    });
  }

  /** Runs `work`, a call of these models; {@link remove} waits for it. */
  using<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const name of names) this.lastCalls.set(name, new Date().toISOString());
    return this.inUse.run(names, work);
  }

  /** When a model was last called (ISO 8601); undefined when it was not since the gateway started. */
  lastCall(name: string): string | undefined {
    return this.lastCalls.get(name);
  }

  /**
   * Whether a model serves in another version now than in that one, once a change under way is through: then work that failed for want of
   * that version can be done again with the new one. Not to be asked from inside {@link using}, which changes wait for.
   */
  async wasReplaced(name: string, version: number): Promise<boolean> {
    await this.locks.idle(name);
    const now = this.known.get(name);
    return now?.state === 'ready' && now.stored.version !== version;
  }

  /** Takes a model out of service: no new calls, what runs finishes, then Triton unloads and the files go. @throws MODEL_NOT_FOUND */
  remove(name: string): Promise<void> {
    this.get(name);
    return this.locks.run(name, async () => {
      const file = this.known.get(name)?.stored.file;
      this.known.delete(name);
      await this.store.remove(name);
      // A job of many windows asks Triton again and again.
      await this.inUse.finished(name);
      if (file) await this.withdraw(name);
      this.logger.info('model was removed', { model: name });
    });
  }

  /** Triton finishes what runs, then its files go. */
  private async withdraw(name: string): Promise<void> {
    await this.triton.repository
      .unload(name)
      .catch((error: unknown) =>
        this.logger.warn('Triton did not unload the model', { model: name, reason: messageOf(error) }),
      );
    await this.folder.remove(name);
  }

  /** Reads the wanted models from the disk and makes the repository agree with them. Triton is not needed for this. */
  async recover(): Promise<void> {
    await this.folder.prepare();
    await this.store.sweep();
    const wanted = await this.store.list();
    const present = await this.folder.list();
    for (const stored of wanted) this.known.set(stored.name, await this.restore(stored, present.get(stored.name)));
    for (const name of present.keys()) if (!this.known.get(name)?.stored.file) await this.folder.remove(name);
  }

  /** Loads every wanted model that Triton does not serve: at start and whenever Triton comes back (it forgets its models). */
  async loadAll(): Promise<void> {
    await Promise.all(this.list().map((model) => this.locks.run(model.name, () => this.load(model))));
  }

  private async restore(stored: StoredVersion, presentVersion: number | undefined): Promise<Model> {
    const { name } = stored;
    try {
      const { spec, built } = await this.read(stored);
      if (!built) return { name, spec, stored, state: 'ready', reason: '' };
      if (presentVersion !== stored.version) await (await this.folder.publish(stored, built.config)).keep();
      return { name, spec: built.spec, stored, state: 'loading', reason: '' };
    } catch (error) {
      this.logger.error('a stored model cannot be read', { model: name, reason: messageOf(error) });
      return { name, stored, state: 'failed', reason: messageOf(error) };
    }
  }

  /** Config and package of a stored version; pipelines have no package. */
  private async read(stored: StoredVersion) {
    const { name, file, directory, bundleMetadata, tritonConfig } = stored;
    const spec = await this.parse(stored.config, name, { bundleMetadata, tritonConfig });
    const upload = file === undefined ? undefined : { path: join(directory, file), name: file, tritonConfig };
    return { spec, built: upload && (await buildPackage(spec, upload, this.options)) };
  }

  /** Reads a config with the transforms there are now, those of model authors included. @throws BAD_CONFIG */
  private async parse(
    config: unknown,
    name: string,
    found: Pick<PackageRecord, 'bundleMetadata' | 'tritonConfig'>,
  ): Promise<ModelSpec> {
    await this.library.refresh();
    return parseModelConfig(config, name, { ...found, catalogue: catalogueWith(this.library) });
  }

  private async load(model: Model): Promise<void> {
    const { name } = model;
    if (this.known.get(name) !== model || !model.spec?.triton) return;
    try {
      const { repository } = this.triton;
      const version = String(model.stored.version);
      if (!(await repository.isReady(name, version))) {
        Object.assign(model, { state: 'loading', reason: '' });
        await repository.load(name);
        await repository.waitUntilReady(name, version);
      }
      Object.assign(model, { state: 'ready', reason: '' });
      this.logger.info('model is ready', { model: name, version: model.stored.version });
    } catch (error) {
      Object.assign(model, { state: 'failed', reason: asGatewayError(error).message });
      this.logger.error('model could not be loaded', { model: name, reason: model.reason });
    }
  }

  /** Repository folder, load, READY, examination; on failure the folder of before, and Triton's word that it serves. */
  private async serve(stored: StoredVersion, spec: ModelSpec, config: TritonModelConfig): Promise<Checkup> {
    const { repository } = this.triton;
    const { name, version } = stored;
    const before = this.known.get(name);
    const publication = await this.folder.publish(stored, config);
    let checkup: Checkup;
    try {
      await repository.load(name);
      await repository.waitUntilReady(name, String(version));
      checkup = await examine(spec, version, this.triton, this.options);
      if (checkup.errors.length > 0) throw fail('MODEL_CANNOT_WORK', { model: name, what: checkup.errors.join('; ') });
    } catch (error) {
      await publication.putBack();
      await this.settleAfterFailure(name, before);
      throw error;
    }
    await publication.keep();
    return checkup;
  }

  /** Examines a model that serves once more. @throws MODEL_NOT_FOUND, MODEL_NOT_READY */
  async examine(name: string): Promise<Model> {
    const { spec, version } = this.getReady(name);
    const model = this.get(name);
    model.checkup = await this.inUse.run([name], () => examine(spec, version, this.triton, this.options));
    return model;
  }

  private async settleAfterFailure(name: string, before: Model | undefined): Promise<void> {
    if (before) return this.load(before);
    await this.triton.repository.unload(name).catch(() => undefined);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail('BAD_CONFIG', { what: `it is not JSON: ${messageOf(error)}` }, { cause: error });
  }
}
