import { join } from 'node:path';
import { asGatewayError, fail } from '../errors';
import type { ModelSpec, TransformStep } from '../model-spec';
import type { BuiltPackage } from '../packages/build-package';
import type { RecognisedUpload } from '../packages/model-file-format';
import type { Reading } from '../packages/reading/reading';
import type { Logger } from '../telemetry/logger';
import type { TransformLibrary } from '../transforms/own/library';
import type { SharedLocks } from '../workspace/locks';
import type { PackageRecord } from './records';
import type { Servers } from './servers';
import type { Store, StoredVersion } from './store';
import type { Checkup, ExamineOptions } from './validation/examine';

export type ModelState = 'loading' | 'ready' | 'failed';

/** A model the gateway is to serve. */
export interface Model {
  name: string;
  /** Absent when what is stored cannot be read; `reason` says why. */
  spec?: ModelSpec;
  stored: StoredVersion;
  /** The change on the disk that made it what it is (`WantedVersion`). */
  change: string;
  state: ModelState;
  /** Why it is not ready, in the words of Triton or of the reader. */
  reason: string;
  /** Set when Triton gave no answer, though it may live: it is asked again until it does. */
  unanswered?: boolean;
  /** Why its files on the disk cannot be read, and what to do. One that served before goes on serving. */
  damage?: string;
  /** The findings of its last examination; none since the gateway started when absent. */
  checkup?: Checkup;
}

/** What a model is after Triton was asked to serve it. @param error why it does not; undefined when it does */
export function outcomeOf(error?: unknown): Pick<Model, 'state' | 'reason' | 'unanswered'> {
  if (error === undefined) return { state: 'ready', reason: '', unanswered: false };
  const { code, message } = asGatewayError(error);
  return { state: 'failed', reason: message, unanswered: code === 'TRITON_UNAVAILABLE' || code === 'TRITON_TIMEOUT' };
}

/** The state of a model as clients and operators are told it. */
export function statusOf({ spec, state, reason, damage }: Model): { state: ModelState | 'damaged'; reason: string } {
  if (damage === undefined) return { state, reason };
  const serves = spec !== undefined && state === 'ready';
  return { state: 'damaged', reason: serves ? `${damage}. It serves until this server ends` : damage };
}

/** The list of models as those see it who keep it in agreement with the disk; `Catalog` holds it. */
export interface ModelList {
  list(): Model[];
  find(name: string): Model | undefined;
  /** Lists a model, in place of one of the same name. */
  enter(model: Model): void;
  /** From now on there are no new calls of a model. Settles when those that run have ended. */
  retire(name: string): Promise<void>;
}

export interface CatalogParts {
  store: Store;
  servers: Servers;
  logger: Logger;
  /** Reads configs and packages. */
  reading: Reading;
  /** Transforms that model authors brought. */
  library: TransformLibrary;
  /** By name of the model; among all gateways of the workspace. */
  locks: SharedLocks;
  options: ExamineOptions & {
    /** Whether models may bring code that Triton runs. @default false */
    allowCode?: boolean;
    /** Whether other gateways may change the models too. */
    shared: boolean;
  };
}

/** Reads configs and packages, uploaded or stored. */
export class ModelReader {
  constructor(private readonly parts: Pick<CatalogParts, 'reading' | 'library' | 'options' | 'logger'>) {}

  /** Reads a config (its text, or parsed) with the transforms there are now, those of model authors included. @throws BAD_CONFIG */
  config(
    config: unknown,
    name: string,
    { bundleMetadata, tritonConfig }: Pick<PackageRecord, 'bundleMetadata' | 'tritonConfig'>,
  ): Promise<ModelSpec> {
    return this.parts.reading.parse(config, name, { bundleMetadata, tritonConfig });
  }

  /** @throws BAD_MODEL_FILE, BAD_CONFIG, CODE_NOT_ALLOWED */
  package(spec: ModelSpec, model: RecognisedUpload): Promise<BuiltPackage> {
    const { reading, options } = this.parts;
    return reading.build(spec, model, { allowCode: options.allowCode });
  }

  /** The model file of a stored version; undefined for a pipeline. */
  async file({ directory, file, tritonConfig }: StoredVersion): Promise<RecognisedUpload | undefined> {
    return file === undefined ? undefined : this.parts.reading.recognise(join(directory, file), file, tritonConfig);
  }

  /**
   * The spec of a stored version. Code that would be refused today is warned of, since a gateway that is updated goes on serving its models.
   * @param isNew the config is another one than it was accepted with: then it is refused
   * @throws BAD_CONFIG, BAD_MODEL_FILE, CODE_NOT_ALLOWED
   */
  async stored(stored: StoredVersion, isNew = false): Promise<ModelSpec> {
    const { name, config, damage } = stored;
    if (damage) throw fail('BAD_MODEL_FILE', { file: name, what: damage });
    const spec = await this.config(config, name, stored);
    const file = await this.file(stored);
    if (!file) return spec;
    const { reading, options, logger } = this.parts;
    const built = await reading.build(spec, file, { allowCode: options.allowCode, isStored: !isNew });
    for (const what of built.code)
      logger.warn('a stored model brings code that would be refused today', { model: name, what });
    return built.spec;
  }

  /**
   * The spec with the content of the own transforms that it names, as they are on the disk now: what was prepared with another content, or
   * reads the request's params since, is not used again.
   */
  async current(spec: ModelSpec): Promise<ModelSpec> {
    // Names of this server's transforms have no module.
    if (!spec.pre.some(({ name }) => name.includes('.'))) return spec;
    const { library } = this.parts;
    await library.refresh();
    const pre = spec.pre.map((step): TransformStep => {
      const content = library.contentOf(step.name);
      return content === undefined ? step : { ...step, content };
    });
    const reader = pre.findIndex(({ name, content }) => content !== undefined && library.find(name)?.readsParams);
    return { ...spec, pre, cacheableSteps: reader < 0 ? spec.cacheableSteps : Math.min(spec.cacheableSteps, reader) };
  }
}
