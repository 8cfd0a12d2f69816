import { advisoriesFor, type HeldAdvisory } from '../triton/advisories';
import { CircuitBreaker } from '../triton/circuit-breaker';
import { modelCounts, type ModelCounts } from '../triton/health';
import { isTensorFlow, type TritonModelConfig } from '../triton/model-config';
import type { Triton } from '../triton/triton';
import type { Repository } from './repository';

/** The name of a Triton in metrics and log. */
export type ServerName = 'triton' | 'tensorflow';

/** A Triton as operators see it. */
export type TritonState = Awaited<ReturnType<TritonServer['state']>>;

/** Its version, what is known to be wrong with it, and what it counted for each model since it was loaded. */
export interface TritonFigures {
  version: string;
  /** Undefined for a version that is no 2.x. */
  advisories?: HeldAdvisory[];
  counts: ModelCounts[];
}

/** A Triton, the folder that it serves, and whether it lives. */
export class TritonServer {
  readonly breaker: CircuitBreaker;
  /** False from when Triton went or came until its models were seen to: one that comes back has forgotten them. */
  isSettled = true;

  constructor(
    readonly name: ServerName,
    readonly triton: Triton,
    readonly repository: Repository,
  ) {
    this.breaker = new CircuitBreaker(triton.url);
  }

  /** Whether it answers now, and calls of models are let through to it. */
  async state() {
    const { url, health } = this.triton;
    const live = (await health.isLive()) && !this.breaker.isOpen;
    return { url, live, shared_memory: await this.triton.sharedMemoryUse(live) };
  }

  /** @throws TRITON_UNAVAILABLE, TRITON_TIMEOUT */
  async figures(): Promise<TritonFigures> {
    const { health, models } = this.triton;
    const [{ version }, counts] = await Promise.all([health.serverMetadata(), modelCounts(models.channel)]);
    return { version, advisories: advisoriesFor(version), counts };
  }
}

/** The Tritons of the gateway: one, and where TensorFlow models have a Triton of their own, that. */
export class Servers {
  readonly all: readonly TritonServer[];

  constructor(
    readonly main: TritonServer,
    readonly tensorflow?: TritonServer,
  ) {
    this.all = tensorflow ? [main, tensorflow] : [main];
  }

  /** The one that serves a model, by what its config names. */
  for(config: Pick<TritonModelConfig, 'platform' | 'backend'>): TritonServer {
    return (isTensorFlow(config) && this.tensorflow) || this.main;
  }

  /**
   * Removes what killed gateways left in shared memory; once at start, and after a worker thread ended by itself.
   * @returns names of the removed regions
   */
  async sweepSharedMemory(endedThread?: number): Promise<string[]> {
    const removed = await this.main.triton.sweepSharedMemory(endedThread);
    await this.tensorflow?.triton.forgetRegions(removed);
    return removed;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(({ triton }) => triton.close()));
  }
}
