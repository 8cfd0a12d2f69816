/** Most of an answer that comes this soon is the way there and back. */
const SOON_MS = 20;

/**
 * Lets as many calls run at a time as the server computes; the others wait, first come, first served. While answers come within 20 ms, one more
 * runs: the server would have nothing to do until the next call arrives.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private more = 0;

  /** @param check is made before each call; what it throws is its outcome */
  constructor(
    private readonly places: number,
    private readonly check: () => void,
  ) {}

  /** The next call begins before the outcome of one is seen. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.running < this.places + this.more) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    const start = performance.now();
    try {
      this.check();
      return await call();
    } finally {
      this.more = performance.now() - start < SOON_MS ? 1 : 0;
      this.running--;
      while (this.waiting.length > 0 && this.running < this.places + this.more) {
        this.running++;
        this.waiting.shift()!();
      }
    }
  }
}
