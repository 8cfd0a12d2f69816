import { setMaxListeners } from 'node:events';
import { fail, type GatewayError } from '../errors';

/** Unanswered liveness questions after which running calls are ended: one may be lost on a busy machine. */
const END_CALLS_AFTER = 2;

/**
 * Refuses new calls and ends running ones while Triton is silent. A Triton that is frozen or out of reach refuses nothing: without the
 * breaker a call would wait for its own deadline, which is made for long work.
 */
export class CircuitBreaker {
  private missed = 0;
  private reason: GatewayError | undefined;
  private silence = heardByAll();

  constructor(private readonly url: string) {}

  /** Takes every answer to "is Triton live". */
  record(live: boolean): void {
    if (live) {
      this.missed = 0;
      this.reason = undefined;
      if (this.silence.signal.aborted) this.silence = heardByAll();
      return;
    }
    this.missed++;
    this.reason ??= fail('TRITON_UNAVAILABLE', { url: this.url, what: 'it gives no sign of life' });
    if (this.missed >= END_CALLS_AFTER) this.silence.abort(this.reason);
  }

  /** Whether new calls are refused. */
  get isOpen(): boolean {
    return this.reason !== undefined;
  }

  /** @throws TRITON_UNAVAILABLE while Triton does not answer */
  throwIfOpen(): void {
    if (this.reason) throw this.reason;
  }

  /**
   * Runs `work`, which needs Triton; its signal aborts when `gone` does or Triton falls silent.
   * @throws TRITON_UNAVAILABLE in the latter case
   */
  async run<T>(gone: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal: silent } = this.silence;
    // Not AbortSignal.any: in Node 20 each signal it makes stays listed on `silent`, which lives as long as the process.
    const stop = new AbortController();
    const abort = () => stop.abort();
    for (const signal of [gone, silent]) signal.addEventListener('abort', abort, { once: true });
    if (gone.aborted || silent.aborted) abort();
    try {
      return await work(stop.signal);
    } catch (error) {
      if (silent.aborted && !gone.aborted) throw silent.reason;
      throw error;
    } finally {
      for (const signal of [gone, silent]) signal.removeEventListener('abort', abort);
    }
  }
}

/** Without a warning of a leak when more than ten calls run at once: each listens until it ends. */
function heardByAll(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
