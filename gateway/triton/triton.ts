import { Channel, type ChannelOptions } from './channel';
import { Health } from './health';
import { type InferRequest, InferenceClient, type TensorMap } from './inference-client';
import { ModelControl } from './model-control';
import { type SharedMemoryProbe, probeSharedMemory } from './shared-memory/probe';
import { RegionPool, type RegionPoolOptions } from './shared-memory/region-pool';
import { sweepStaleRegions, unregisterStaleRegions } from './shared-memory/stale-regions';
import { SharedMemoryTransport } from './shared-memory/transport';
import { Signatures } from './signature';

export interface TritonOptions extends ChannelOptions {
  /** For large tensors: `auto` when a probe shows that Triton sees it, `on` without a probe, `off` never. @default 'auto' */
  sharedMemory?: 'auto' | 'on' | 'off';
  regions?: RegionPoolOptions;
  /** Hears what an operator should know: large tensors that go the slow way (once per reason), models that were brought back. */
  log?: (level: 'info' | 'warn', message: string, facts?: Record<string, unknown>) => void;
  /** Hears of tensors that went to Triton and back, and which way. */
  onTensors?: (transport: 'inline' | 'shared_memory', bytes: number) => void;
}

/** How large tensors travel between gateway and Triton. */
export interface SharedMemoryUse {
  /** Not switched off in the settings. */
  expected: boolean;
  /** Null while nobody knows, since Triton does not answer. */
  used: boolean | null;
  /** Why, or why not. */
  reason: string;
  /** Advice for an operator where it is expected and not used. */
  remedy?: string;
}

/** After a probe that failed, the next is made with the first large request after this time. */
const PROBE_AGAIN_MS = 30_000;

/** One Triton, as the rest of the gateway sees it. Made once per thread; nothing is sent before the first call. */
export class Triton {
  readonly models: ModelControl;
  readonly health: Health;
  readonly #channel: Channel;
  readonly #signatures: Signatures;
  readonly #pool: RegionPool;
  readonly #inference: InferenceClient;
  readonly #recovering = new Map<string, Promise<void>>();
  readonly #told = new Set<string>();
  readonly #stopWatching: () => void;
  #probe?: Promise<SharedMemoryProbe>;
  #probedAt = 0;

  constructor(private readonly options: TritonOptions) {
    this.#channel = new Channel(options);
    this.#signatures = new Signatures(this.#channel);
    this.health = new Health(this.#channel);
    this.models = new ModelControl(this.#channel, (model) => this.#signatures.forget(model));
    this.#pool = new RegionPool(this.#channel, options.regions);
    const shared = new SharedMemoryTransport(this.#channel, this.#pool);
    this.#inference = new InferenceClient({
      channel: this.#channel,
      signatures: this.#signatures,
      shared: async () => {
        if (options.sharedMemory === 'off') return undefined;
        const { available, reason } = await this.sharedMemory();
        if (available) return shared;
        this.#tellFallback(reason);
        return undefined;
      },
      onTensors: options.onTensors,
      onFallback: (reason) => this.#tellFallback(reason),
      recover: (model, reason) => this.#recover(model, reason),
    });
    // After a broken connection another server may answer.
    this.#stopWatching = this.#channel.onConnectionLost(() => {
      this.#probe = undefined;
      this.#signatures.forgetAll();
    });
  }

  get url(): string {
    return this.options.url;
  }

  /** See {@link InferenceClient.infer}. */
  infer(request: InferRequest): Promise<TensorMap> {
    return this.#inference.infer(request);
  }

  /** How many requests of a model Triton computes at a time. @throws MODEL_NOT_READY */
  async instances(model: string, version: string): Promise<number> {
    return (await this.#signatures.get(model, version)).signature.instances;
  }

  /** Whether large tensors go through shared memory, and why (not). Asks Triton the first time. */
  async sharedMemory(): Promise<SharedMemoryProbe> {
    if (this.options.sharedMemory === 'off') return { available: false, reason: 'switched off in the gateway' };
    if (this.options.sharedMemory === 'on') return { available: true, reason: 'switched on in the gateway' };
    const known = await this.#probe;
    if (!this.#probe || (!known?.available && Date.now() - this.#probedAt > PROBE_AGAIN_MS)) {
      this.#probedAt = Date.now();
      this.#probe = probeSharedMemory(this.#channel, this.options.regions);
    }
    return this.#probe;
  }

  /** The same as operators see it. @param live whether Triton answers: nothing is asked while it does not */
  async sharedMemoryUse(live: boolean): Promise<SharedMemoryUse> {
    const expected = this.options.sharedMemory !== 'off';
    if (expected && !live) return { expected, used: null, reason: 'unknown while Triton does not answer' };
    const { available, reason, remedy } = await this.sharedMemory();
    return { expected, used: available, reason, ...(remedy && { remedy }) };
  }

  /**
   * Removes what killed gateways left in shared memory; once at start, and after a worker thread ended by itself.
   * @returns names of the removed regions
   */
  async sweepSharedMemory(endedThread?: number): Promise<string[]> {
    const removed = await sweepStaleRegions(this.options.regions?.directory, endedThread);
    await this.forgetRegions(removed);
    return removed;
  }

  /** Makes Triton let go of regions whose files are gone. */
  async forgetRegions(names: readonly string[]): Promise<void> {
    await unregisterStaleRegions(this.#channel, names).catch(() => 0);
  }

  /** Bytes of shared memory that this client has now, the regions of earlier jobs included. */
  get sharedMemoryBytes(): number {
    return this.#pool.bytes;
  }

  /** A job has ended: nothing of its tensors stays in shared memory. No request of this thread may be under way. */
  clearSharedMemory(): Promise<void> {
    return this.#pool.clear();
  }

  /** Gives back the shared memory that earlier jobs have left. */
  dropSharedMemory(): Promise<void> {
    return this.#pool.dropIdle();
  }

  /** Gives the shared memory back and closes the connection. */
  async close(): Promise<void> {
    this.#stopWatching();
    await this.#pool.close();
    this.#channel.close();
  }

  #tellFallback(reason: string): void {
    if (this.#told.has(reason)) return;
    this.#told.add(reason);
    this.options.log?.('warn', 'large tensors go through gRPC messages instead of shared memory', { reason });
  }

  /** Unloads and loads: Triton thinks that the model is ready, so that a load alone does nothing. Requests wait for one recovery. */
  #recover(model: string, reason: string): Promise<void> {
    const running = this.#recovering.get(model);
    if (running) return running;
    const message = 'the process of a model died in Triton; it is unloaded and loaded again';
    this.options.log?.('warn', message, { model, reason });
    const recovery = this.models
      .unload(model)
      .then(() => this.models.load(model))
      .finally(() => this.#recovering.delete(model));
    this.#recovering.set(model, recovery);
    return recovery;
  }
}

/** Makes the client of one Triton. */
export const createTriton = (options: TritonOptions): Triton => new Triton(options);
