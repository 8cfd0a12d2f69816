import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { GatewayError, fail } from '../errors';
import type { Channel } from './channel';
import type { TritonModelConfig } from './model-config';
import type { ModelIndexEntry, ModelMetadata, RepositoryParameter } from './protocol';
import { rpcFailureOf } from './rpc-failure';
import { memoryOf } from './statistics';

export interface LoadOptions {
  /** How long to wait for the model, in milliseconds. @default the channel's deadline for loads */
  deadlineMs?: number;
  /**
   * Used instead of config.pbtxt, until the next load that really loads (`triton.md` §10 row 4: unload first to go back
   * to the file).
   */
  config?: TritonModelConfig;
  /**
   * Content by path in the model's directory (`1/model.onnx`): all files of the model, instead of those on disk. Needs
   * `config`.
   */
  files?: Record<string, Uint8Array>;
}

export interface WaitOptions {
  /** Milliseconds. @default 30000 */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const POLL_MS = 100;

/** Versions before 2.67 look at `..` and cut names at NUL, so names are checked here (`triton.md` §10 row 23). */
const allowedName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** The models of one Triton: which it knows, loads and serves (`triton.md` §3). */
export class Repository {
  constructor(
    readonly channel: Channel,
    /** Called when what is known of a model may be outdated: before and after each load and unload. */
    private readonly onModelChange: (model: string) => void = () => {},
  ) {}

  /**
   * Every version Triton knows and every directory it sees. A model that serves is missing while its directory is away,
   * so absence does not mean "not loaded": ask {@link isReady}. A scan that met a vanishing directory is repeated once
   * (§10 row 6).
   */
  async index(): Promise<ModelIndexEntry[]> {
    try {
      return (await this.channel.call('RepositoryIndex', {})).models;
    } catch (error) {
      if (!/failed to (stat file|open directory)/.test(rpcFailureOf(error)?.details ?? '')) throw error;
      await sleep(POLL_MS);
      return (await this.channel.call('RepositoryIndex', {})).models;
    }
  }

  /**
   * Loads or reloads a model and answers when it is ready.
   *
   * An OK is no proof that new files are served: Triton compares time stamps of the version directory (§10 row 7).
   * Unload first to be sure.
   * @throws BAD_MODEL_NAME, MODEL_LOAD_FAILED with Triton's reason, TRITON_TIMEOUT, TRITON_UNAVAILABLE
   */
  async load(model: string, options: LoadOptions = {}): Promise<void> {
    checkName(model);
    const servedBefore = await this.isReady(model);
    this.onModelChange(model);
    try {
      const request = { model_name: model, parameters: parametersOf(options) };
      await this.channel.call('RepositoryModelLoad', request, { kind: 'load', model, deadlineMs: options.deadlineMs });
    } catch (error) {
      // The load goes on after its caller's deadline (§10 row 21). A model that served before looks ready all the
      // while, so it proves nothing.
      if (!isTimeout(error) || servedBefore || !(await this.#settles(model, options.deadlineMs))) throw error;
    } finally {
      this.onModelChange(model);
    }
  }

  /**
   * Stops serving a model; requests that run finish first. A name that was never loaded is no error.
   * Memory is given back later than the answer: {@link waitUntilUnloaded}.
   */
  async unload(model: string, { deadlineMs }: Pick<LoadOptions, 'deadlineMs'> = {}): Promise<void> {
    checkName(model);
    this.onModelChange(model);
    try {
      await this.channel.call('RepositoryModelUnload', { model_name: model }, { kind: 'load', model, deadlineMs });
    } finally {
      this.onModelChange(model);
    }
  }

  /** Whether Triton serves the model (any version, or this one). An unknown model is not ready. */
  async isReady(model: string, version = ''): Promise<boolean> {
    checkName(model);
    try {
      return (await this.channel.call('ModelReady', { name: model, version }, { model })).ready === true;
    } catch (error) {
      const code = rpcFailureOf(error)?.code;
      if (code === status.NOT_FOUND || (error as GatewayError).code === 'MODEL_NOT_READY') return false;
      throw error;
    }
  }

  /** Inputs and outputs as requests see them. @throws MODEL_NOT_READY */
  async metadata(model: string, version = ''): Promise<ModelMetadata> {
    checkName(model);
    return this.channel.call('ModelMetadata', { name: model, version }, { model });
  }

  /** The config as Triton completed it. @throws MODEL_NOT_READY */
  async config(model: string, version = ''): Promise<TritonModelConfig> {
    checkName(model);
    const { config } = await this.channel.call('ModelConfig', { name: model, version }, { model });
    return { ...config, max_batch_size: config.max_batch_size ?? 0 };
  }

  /** See {@link memoryOf}. @throws MODEL_NOT_READY */
  memory(model: string, version: string): Promise<number | undefined> {
    checkName(model);
    return memoryOf(this.channel, model, version);
  }

  /**
   * Waits until the model serves. @throws MODEL_LOAD_FAILED when the index gives a reason why it will not,
   * TRITON_TIMEOUT
   */
  async waitUntilReady(model: string, version = '', options: WaitOptions = {}): Promise<void> {
    await this.#poll(`the load of ${model}`, options, async () => {
      if (await this.isReady(model, version)) return true;
      const entries = await this.#entries(model, version);
      const failed = entries.find(({ state, reason }) => state === 'UNAVAILABLE' && reason && reason !== 'unloaded');
      if (failed && !entries.some(isBusy)) throw fail('MODEL_LOAD_FAILED', { model, what: failed.reason });
      return false;
    });
  }

  /**
   * Waits until no version serves and none is being loaded or unloaded: its files may be changed from then on. @throws
   * TRITON_TIMEOUT
   */
  async waitUntilUnloaded(model: string, version = '', options: WaitOptions = {}): Promise<void> {
    await this.#poll(`the unload of ${model}`, options, async () => {
      if (await this.isReady(model, version)) return false;
      return !(await this.#entries(model, version)).some((entry) => entry.state === 'READY' || isBusy(entry));
    });
  }

  async #entries(model: string, version: string): Promise<ModelIndexEntry[]> {
    return (await this.index()).filter((entry) => entry.name === model && (!version || entry.version === version));
  }

  async #settles(model: string, timeoutMs?: number): Promise<boolean> {
    return this.waitUntilReady(model, '', { timeoutMs }).then(
      () => true,
      (error: unknown) => {
        if (isTimeout(error)) return false;
        throw error;
      },
    );
  }

  async #poll(call: string, { timeoutMs = 30_000, signal }: WaitOptions, done: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!(await done())) {
      if (signal?.aborted) throw fail('CANCELLED');
      if (Date.now() >= end) throw fail('TRITON_TIMEOUT', { call, seconds: timeoutMs / 1000, setting: 'load_timeout' });
      await sleep(POLL_MS);
    }
  }
}

/** @throws BAD_MODEL_NAME */
export function checkName(model: string): void {
  if (!allowedName.test(model)) throw fail('BAD_MODEL_NAME', { model });
}

function isBusy({ state }: ModelIndexEntry): boolean {
  return state === 'LOADING' || state === 'UNLOADING';
}

function isTimeout(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'TRITON_TIMEOUT';
}

function parametersOf({ config, files = {} }: LoadOptions): Record<string, RepositoryParameter> {
  const contents = Object.entries(files).map(([file, bytes]) => [`file:${file}`, { bytes_param: bytes }] as const);
  return { ...(config && { config: { string_param: JSON.stringify(config) } }), ...Object.fromEntries(contents) };
}
