/** One lock per name: work on the same model runs one after the other, different models in parallel. */
export class Locks {
  private readonly last = new Map<string, Promise<unknown>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(name);
    const mine = (before ?? Promise.resolve()).catch(() => undefined).then(work);
    this.last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(name) === mine) this.last.delete(name);
    }
  }

  /** Settles when nothing is under way under this name. */
  async idle(name: string): Promise<void> {
    for (let last = this.last.get(name); last; last = this.last.get(name)) await last.catch(() => undefined);
  }
}
