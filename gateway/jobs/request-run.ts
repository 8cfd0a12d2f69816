import type { Job as JobView, JobState } from '../contract/jobs';
import { fail, type GatewayError } from '../errors';
import type { Stage } from '../telemetry/stages';
import type { TraceContext } from '../telemetry/trace-context';
import { stageBegins, type Progress } from './shared-job-progress';
import { type Said, type Sentence, sentenceFor } from '../sentence';

const NETWORK = { from: stageBegins.window, to: stageBegins.post };

/** The inference that a request asks for. */
export interface JobFacts {
  /** Route template: `/v1/segmentation`. */
  endpoint: string;
  /** Known where there is one of that name: clients may send anything. */
  model: Said | null;
}

/** One request, from its arrival to the end of its answer: who asks, in which trace, the job it is, how far that is, and what became of it. */
export class RequestRun {
  /** When it came, by `performance.now()`. */
  readonly started = performance.now();
  /** The error that it was answered with. */
  error?: Pick<GatewayError, 'code' | 'said'>;
  /** Sentences for the client beside the answer. */
  readonly warnings: Sentence[] = [];
  /** Short ids of what it is about: they join its lines of the log with those of other requests. */
  readonly about: { session?: string; file?: string } = {};
  /** Whether its image is that of a session. */
  session = false;
  /** Who takes turns with others at the network: an access token, a lease, else the address. */
  user: string;
  /** Nobody waits for it, as its client says. */
  isBatch = false;
  /** A program asks for it every few seconds. */
  polled = false;
  /** Ends it with an error that nobody handled. */
  lose?: (error: unknown) => void;
  /** Set for an inference, when it is in the {@link JobRegistry}. */
  job?: JobFacts;

  private readonly created = new Date();
  private readonly abort = new AbortController();
  private readonly listeners: (() => void)[] = [];
  private state: JobState = 'queued';
  private stage: string | null = 'upload';
  private windows: Progress['windows'];
  private progress = 0;
  private position: (() => number) | undefined;
  private read: (() => Progress) | undefined;
  private ran: readonly Stage[] = [];
  private firstQueuedAt: number | undefined;
  private readonly queueClock = new Stopwatch();
  private readonly runClock = new Stopwatch();

  /**
   * @param id until its job gets another one
   * @param client its address
   * @param trace the trace it belongs to; undefined where its caller names none and the gateway begins none
   */
  constructor(
    public id: string,
    readonly client: string,
    readonly trace?: TraceContext,
  ) {
    this.user = client;
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

  whenEnded(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** It waits for a worker. @param position its place in the queue from 1, whenever asked */
  queued(position: () => number): void {
    this.runClock.stop();
    this.queueClock.start();
    this.firstQueuedAt ??= performance.now();
    this.position = position;
    this.stage = null;
    this.state = 'queued';
  }

  /** A worker has it. @param progress how far it is, whenever asked */
  running(progress: () => Progress): void {
    this.leaveQueue();
    this.runClock.start();
    this.read = progress;
    this.state = 'running';
  }

  /** It has left queue and worker. */
  left(withResult: boolean): void {
    this.look();
    this.leaveQueue();
    this.read = undefined;
    if (withResult) this.stage = 'answer';
  }

  /** How long each stage took until now, the wait in the queue first; none before the request had arrived. */
  get stages(): Stage[] {
    if (this.firstQueuedAt === undefined) return [];
    this.look();
    const queue = { name: 'queue', ms: this.queueClock.ms, at: performance.timeOrigin + this.firstQueuedAt };
    return [queue, ...this.ran].map((stage) => ({ ...stage, ms: Math.round(stage.ms * 10) / 10 }));
  }

  /** The answer is out, or the client is gone. */
  end(isAnswered: boolean): void {
    if (this.ended) return;
    this.left(false);
    this.runClock.stop();
    this.stage = null;
    if (!isAnswered) this.error = fail('CANCELLED');
    this.state = !this.error ? 'done' : this.error.code === 'CANCELLED' ? 'cancelled' : 'failed';
    if (this.state === 'done') this.progress = 1;
    for (const listener of this.listeners) listener();
  }

  /** The name of its model; null for requests that ask for none. */
  model(form: keyof Sentence): string | null {
    const { model = null } = this.job ?? {};
    return model === null ? null : sentenceFor(model)[form];
  }

  /** The job as its client sees it (`text`), or all operators. */
  view(form: keyof Sentence = 'text'): JobView {
    this.look();
    const { id, client, state, stage, error, warnings } = this;
    return {
      id,
      endpoint: this.job?.endpoint ?? '',
      model: this.model(form),
      client,
      state,
      position: state === 'queued' && this.position ? this.position() : null,
      stage,
      progress: Math.round(this.progress * 1000) / 1000,
      windows: this.windows ?? null,
      created: this.created.toISOString(),
      queued_ms: Math.round(this.queueClock.ms),
      running_ms: Math.round(this.runClock.ms),
      error: error && this.ended ? { code: error.code, message: error.said[form] } : null,
      warnings: warnings.map((sentence) => sentence[form]),
    };
  }

  private look(): void {
    const { stage, windows, stages = this.ran } = this.read?.() ?? {};
    if (stage) this.stage = stage;
    this.windows = windows ?? this.windows;
    this.ran = stages;
    const network = (stage === 'window' || stage === 'triton') && windows;
    const now = network
      ? NETWORK.from + (NETWORK.to - NETWORK.from) * (windows.done / windows.total)
      : (stageBegins[this.stage ?? ''] ?? 0);
    this.progress = Math.max(this.progress, now);
  }

  private leaveQueue(): void {
    this.queueClock.stop();
    this.position = undefined;
  }
}

/** Adds up the time between starts and stops. */
class Stopwatch {
  private before = 0;
  private startedAt: number | undefined;

  get ms(): number {
    return this.before + (this.startedAt === undefined ? 0 : performance.now() - this.startedAt);
  }

  start(): void {
    this.startedAt = performance.now();
  }

  stop(): void {
    this.before = this.ms;
    this.startedAt = undefined;
  }
}
