/** Who uses which models right now, so that a model is taken away only when its last job is done. */
export class InUse {
  private readonly running = new Map<string, Set<Promise<unknown>>>();

  /** Runs `work`, which uses the named models. */
  async run<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const mine = work();
    for (const name of names) this.running.set(name, (this.running.get(name) ?? new Set()).add(mine));
    try {
      return await mine;
    } finally {
      for (const name of names) {
        const others = this.running.get(name);
        others?.delete(mine);
        if (others?.size === 0) this.running.delete(name);
      }
    }
  }

  /** Settles when what uses the model now has ended, well or not. */
  async finished(name: string): Promise<void> {
    await Promise.allSettled(this.running.get(name) ?? []);
  }
}
