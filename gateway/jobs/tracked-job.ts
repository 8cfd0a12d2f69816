import { EventEmitter } from 'node:events';
import type { Stage } from '../telemetry/stages';
import type { Progress } from './shared-job-progress';

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

/** An inference as `GET /v1/jobs/<id>` tells of it. */
export interface JobView {
  id: string;
  /** Route template: `/v1/segmentation`. */
  endpoint: string;
  model: string | null;
  /** Address of the client. */
  client: string;
  state: JobState;
  /** Place among the waiting jobs, from 1; null while the request arrives, and once the job runs. */
  position: number | null;
  /** `upload` while the request arrives, then one of the worker's stages, `answer` while the result is sent. */
  stage: string | null;
  /** 0 to 1, never going back. */
  progress: number;
  /** Windows (slices, for a pipeline) through the network. */
  windows: { done: number; total: number } | null;
  /** ISO 8601. */
  created: string;
  /** Time in the queue; the arrival of the request does not count. */
  queued_ms: number;
  running_ms: number;
  error: { code: string; message: string } | null;
  /** What its client is told beside the result, one sentence each. */
  warnings: readonly string[];
}

/** What the inference service tells of a job it was given. */
export interface RunListener {
  /** It waits; `position` gives its place from 1, whenever asked. */
  queued(position: () => number): void;
  /** A worker has it; `progress` gives how far it is, whenever asked. */
  started(progress: () => Progress): void;
  /** It has left the service, with or without a result. */
  left(withResult: boolean): void;
}

export interface JobFacts {
  id: string;
  endpoint: string;
  model: string | null;
  client: string;
}

export interface Outcome {
  state: 'done' | 'failed' | 'cancelled';
  error?: { code: string; message: string };
}

/** Where a job stands when a stage begins. The network has the largest part, and its windows are counted. */
const BEGINS: Record<string, number> = {
  decode: 0.02,
  cache: 0.05,
  pre: 0.08,
  window: 0.15,
  triton: 0.15,
  seeds: 0.4,
  polygons: 0.3,
  post: 0.85,
  write: 0.92,
  answer: 0.98,
};
const NETWORK = { from: 0.15, to: 0.85 };

/**
 * One inference from the arrival of its request to the end of its answer. Emits `change` when its state changes, the last time when it has
 * ended; progress is read when asked for.
 */
export class TrackedJob extends EventEmitter<{ change: [] }> implements RunListener {
  private readonly abort = new AbortController();
  private readonly createdAt = new Date();
  private state: JobState = 'queued';
  private stage: string | null = 'upload';
  private windows: Progress['windows'];
  private progress = 0;
  private position: (() => number) | undefined;
  private read: (() => Progress) | undefined;
  private error: JobView['error'] = null;
  private warnings: readonly string[] = [];
  private ran: readonly Stage[] = [];
  private queuedAt: number | undefined;
  private firstQueuedAt: number | undefined;
  private startedAt: number | undefined;
  private queuedMs = 0;
  private runningMs = 0;

  constructor(private readonly facts: JobFacts) {
    super();
    // One for each page that watches it.
    this.setMaxListeners(0);
  }

  get id(): string {
    return this.facts.id;
  }

  get model(): string | null {
    return this.facts.model;
  }

  get ended(): boolean {
    return this.state !== 'queued' && this.state !== 'running';
  }

  /** Aborts when somebody cancels the job. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Asks the job to stop. It ends, and its client gets CANCELLED, as soon as what it is doing can be stopped. */
  cancel(): void {
    if (!this.ended) this.abort.abort();
  }

  /** Has the client told these sentences beside the result, and none that were said before. */
  warn(sentences: readonly string[]): void {
    this.warnings = [...sentences];
  }

  queued(position: () => number): void {
    this.runningMs = this.sinceStart();
    this.startedAt = undefined;
    this.position = position;
    this.queuedAt = performance.now();
    this.firstQueuedAt ??= this.queuedAt;
    this.stage = null;
    this.become('queued');
  }

  started(progress: () => Progress): void {
    this.stopQueueClock();
    this.startedAt = performance.now();
    this.read = progress;
    this.become('running');
  }

  left(withResult: boolean): void {
    this.look();
    this.stopQueueClock();
    this.read = undefined;
    if (withResult) this.stage = 'answer';
  }

  /** How long each stage took until now, the wait in the queue first; none before the request had arrived. */
  get stages(): Stage[] {
    if (this.firstQueuedAt === undefined) return [];
    this.look();
    const queue = { name: 'queue', ms: this.inQueue(), at: performance.timeOrigin + this.firstQueuedAt };
    return [queue, ...this.ran].map((stage) => ({ ...stage, ms: Math.round(stage.ms * 10) / 10 }));
  }

  /** The answer is out, or the client is gone. */
  end({ state, error }: Outcome): void {
    if (this.ended) return;
    this.left(false);
    this.runningMs = this.sinceStart();
    this.startedAt = undefined;
    this.stage = null;
    if (state === 'done') this.progress = 1;
    this.error = error ?? null;
    this.become(state);
  }

  view(): JobView {
    this.look();
    return {
      ...this.facts,
      state: this.state,
      position: this.state === 'queued' && this.position ? this.position() : null,
      stage: this.stage,
      progress: Math.round(this.progress * 1000) / 1000,
      windows: this.windows ?? null,
      created: this.createdAt.toISOString(),
      queued_ms: Math.round(this.inQueue()),
      running_ms: Math.round(this.sinceStart()),
      error: this.error,
      warnings: this.warnings,
    };
  }

  private become(state: JobState): void {
    this.state = state;
    this.emit('change');
  }

  private look(): void {
    const { stage, windows, stages = this.ran } = this.read?.() ?? {};
    if (stage) this.stage = stage;
    this.windows = windows ?? this.windows;
    this.ran = stages;
    const network = (stage === 'window' || stage === 'triton') && windows;
    const now = network
      ? NETWORK.from + (NETWORK.to - NETWORK.from) * (windows.done / windows.total)
      : (BEGINS[this.stage ?? ''] ?? 0);
    this.progress = Math.max(this.progress, now);
  }

  private stopQueueClock(): void {
    this.queuedMs = this.inQueue();
    this.queuedAt = undefined;
    this.position = undefined;
  }

  private inQueue(): number {
    return this.queuedMs + (this.queuedAt === undefined ? 0 : performance.now() - this.queuedAt);
  }

  private sinceStart(): number {
    return this.runningMs + (this.startedAt === undefined ? 0 : performance.now() - this.startedAt);
  }
}
