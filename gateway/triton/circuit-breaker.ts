import { fail, type GatewayError } from '../errors';

/** Unanswered questions after which what runs is given up: one may be lost on a busy machine. */
const GIVE_UP_AFTER = 2;

/**
 * Whether Triton gives a sign of life. A Triton that is frozen or out of reach refuses nothing: without this, a call would wait for its own
 * deadline, which is made for long work.
 */
export class Outage {
  private missed = 0;
  private reason: GatewayError | undefined;
  private givenUp = new AbortController();

  constructor(private readonly url: string) {}

  /** Hears every answer to "are you alive". */
  note(live: boolean): void {
    if (live) {
      this.missed = 0;
      this.reason = undefined;
      if (this.givenUp.signal.aborted) this.givenUp = new AbortController();
      return;
    }
    this.missed++;
    this.reason ??= fail('TRITON_UNAVAILABLE', { url: this.url, what: 'it gives no sign of life' });
    if (this.missed >= GIVE_UP_AFTER) this.givenUp.abort(this.reason);
  }

  /** @throws TRITON_UNAVAILABLE while Triton does not answer */
  throwIfSilent(): void {
    if (this.reason) throw this.reason;
  }

  /**
   * Runs `work`, which needs Triton; its signal aborts when `gone` does or Triton falls silent.
   * @throws TRITON_UNAVAILABLE in the latter case
   */
  async guard<T>(gone: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal: silent } = this.givenUp;
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
