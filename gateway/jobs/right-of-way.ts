/** Places in the memory that threads share: how often somebody has left, how many have come, and for each thread the number of its click, or 0. */
const [LEFT, CAME, FIRST] = [0, 1, 2];
/** A request waits no longer: a click may be busy with other things than the network. */
const MOST_MS = 2000;

/** The memory of {@link RightOfWay}. */
export const wayFor = (threads: number) => new Int32Array(new SharedArrayBuffer(4 * (FIRST + threads)));

/**
 * Clicks go before larger jobs at the network: a thread that answers a click takes the right of way, and the other ones hold back their next request until it
 * has its answer. They wait for the clicks that were there before, not for those that come meanwhile, so that jobs get on however many people click.
 */
export class RightOfWay {
  /** @param shared of all threads @param thread from 0 @param mostMs that a request waits */
  constructor(
    private readonly shared: Int32Array<SharedArrayBuffer>,
    private readonly thread: number,
    private readonly mostMs = MOST_MS,
  ) {}

  /** The click of this thread needs the network. */
  take(): void {
    const { shared } = this;
    const place = FIRST + this.thread;
    if (Atomics.load(shared, place) === 0) Atomics.store(shared, place, Atomics.add(shared, CAME, 1) + 1);
  }

  /** It has what it needs, or has failed. */
  leave(): void {
    if (Atomics.exchange(this.shared, FIRST + this.thread, 0) === 0) return;
    Atomics.add(this.shared, LEFT, 1);
    Atomics.notify(this.shared, LEFT);
  }

  /** Waits until the clicks that are under way have left. */
  async give(): Promise<void> {
    const { shared } = this;
    const last = Atomics.load(shared, CAME);
    const isAway = (place: number) => {
      const number = Atomics.load(shared, place);
      return number === 0 || number > last;
    };
    for (let place = FIRST; place < shared.length; place++) {
      for (let left = Atomics.load(shared, LEFT); !isAway(place); left = Atomics.load(shared, LEFT))
        if ((await Atomics.waitAsync(shared, LEFT, left, this.mostMs).value) === 'timed-out') return;
    }
  }
}
