/** Lets so many calls run at a time; the others wait, first come, first served. */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  /** @param check is made before each call; what it throws is its outcome */
  constructor(
    private free: number,
    private readonly check: () => void,
  ) {}

  /** The next call begins before the outcome of one is seen. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.free === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.free--;
    try {
      this.check();
      return await call();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
