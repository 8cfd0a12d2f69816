import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { GatewayError, fail } from '../errors';
import type { Channel } from './channel';
import type { ModelIndexEntry } from './protocol';
import { rpcFailureOf } from './rpc-failure';

/** In milliseconds. @default the channel's deadline for loads */
export interface LoadOptions {
  deadlineMs?: number;
}

export interface WaitOptions {
  /** Milliseconds. @default 30000 */
  timeoutMs?: number;
}

const POLL_MS = 100;

/** Triton before 2.67 follows `..` and cuts names at NUL, so names are checked here. */
const allowedName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** The models of one Triton: which it knows, loads and serves. */
export class ModelControl {
  constructor(
    readonly channel: Channel,
    /** Called when what is known of a model may be outdated: before and after each load and unload. */
    private readonly onModelChange: (model: string) => void = () => {},
  ) {}

  /**
   * Every version Triton knows and every directory it sees. A model that serves is missing while its directory is away, so absence does
   * not mean "not loaded": ask {@link isReady}. A scan that met a vanishing directory is repeated once.
   */
  async index(): Promise<ModelIndexEntry[]> {
    const ask = async () => (await this.channel.call('RepositoryIndex', {})).models;
    return ask().catch(async (error: unknown) => {
      if (!/failed to (stat file|open directory)/.test(rpcFailureOf(error)?.details ?? '')) throw error;
      await sleep(POLL_MS);
      return ask();
    });
  }

  /**
   * Loads or reloads a model and answers when it is ready. An OK does not prove that new files are served, since Triton compares time
   * stamps of the version directory: unload first to be sure.
   * @throws BAD_MODEL_NAME, MODEL_LOAD_FAILED with Triton's reason, TRITON_TIMEOUT, TRITON_UNAVAILABLE
   */
  async load(model: string, { deadlineMs }: LoadOptions = {}): Promise<void> {
    const servedBefore = await this.isReady(model);
    try {
      await this.#change('RepositoryModelLoad', model, deadlineMs);
    } catch (error) {
      // Triton goes on loading after its caller's deadline. A model that served before looks ready all the while, which proves nothing.
      if (!isTimeout(error) || servedBefore) throw error;
      await this.waitUntilReady(model, '', { timeoutMs: deadlineMs }).catch((reason: unknown) => {
        throw isTimeout(reason) ? error : reason;
      });
    }
  }

  /**
   * Stops serving a model; requests that run finish first. A name that was never loaded is not an error.
   * Memory is given back later than the answer: {@link waitUntilUnloaded}.
   */
  async unload(model: string): Promise<void> {
    await this.#change('RepositoryModelUnload', model);
  }

  async #change(rpc: 'RepositoryModelLoad' | 'RepositoryModelUnload', model: string, deadlineMs?: number) {
    checkName(model);
    this.onModelChange(model);
    try {
      await this.channel.call(rpc, { model_name: model }, { kind: 'load', model, deadlineMs });
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

  /** Bytes that its backend says the model takes, all kinds of memory together; undefined where it does not tell, as most do. */
  async memory(model: string, version: string): Promise<number | undefined> {
    const { model_stats } = await this.channel.call('ModelStatistics', { name: model, version }, { model });
    const usage = model_stats.flatMap(({ memory_usage = [] }) => memory_usage);
    return usage.length > 0 ? usage.reduce((sum, { byte_size = 0 }) => sum + Number(byte_size), 0) : undefined;
  }

  /** Waits until the model serves. @throws MODEL_LOAD_FAILED when the index gives a reason why it will not, TRITON_TIMEOUT */
  async waitUntilReady(model: string, version = '', options: WaitOptions = {}): Promise<void> {
    await this.#poll(`the load of ${model}`, options, async () => {
      if (await this.isReady(model, version)) return true;
      const entries = await this.#entries(model, version);
      const failed = entries.find(({ state, reason }) => state === 'UNAVAILABLE' && reason && reason !== 'unloaded');
      if (failed && !entries.some(isBusy)) throw fail('MODEL_LOAD_FAILED', { model, what: failed.reason });
      return false;
    });
  }

  /** Waits until no version serves and none is being loaded or unloaded: then its files may be changed. @throws TRITON_TIMEOUT */
  async waitUntilUnloaded(model: string, version = '', options: WaitOptions = {}): Promise<void> {
    await this.#poll(`the unload of ${model}`, options, async () => {
      if (await this.isReady(model, version)) return false;
      return !(await this.#entries(model, version)).some((entry) => entry.state === 'READY' || isBusy(entry));
    });
  }

  async #entries(model: string, version: string): Promise<ModelIndexEntry[]> {
    return (await this.index()).filter((entry) => entry.name === model && (!version || entry.version === version));
  }

  async #poll(call: string, { timeoutMs = 30_000 }: WaitOptions, isDone: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!(await isDone())) {
      if (Date.now() >= end) throw fail('TRITON_TIMEOUT', { call, seconds: timeoutMs / 1000, setting: 'load_timeout' });
      await sleep(POLL_MS);
    }
  }
}

/** @throws BAD_MODEL_NAME */
function checkName(model: string): void {
  if (!allowedName.test(model)) throw fail('BAD_MODEL_NAME', { model });
}

const isBusy = ({ state }: ModelIndexEntry): boolean => state === 'LOADING' || state === 'UNLOADING';

const isTimeout = (error: unknown): boolean => error instanceof GatewayError && error.code === 'TRITON_TIMEOUT';
