import { jobClasses, type JobClass } from './job-class';

/** What a waiting job is to the order. */
export interface Ordered {
  /** In order of arrival. */
  number: number;
  class: JobClass;
  user: string;
  /** Jobs that came later and began before it. */
  passed: number;
}

/** So many jobs may begin before one that came earlier: then that is next, whatever its class. */
const MOST_PASSED = 16;

interface Turns {
  /** That of the job which began last. */
  now: number;
  /** That of each user's last job, unless it is before `now`. */
  last: Map<string, number>;
}

/**
 * The order in which waiting jobs begin: by class, then user by user in turns, then first come, first served. Turns are those of start-time fair queueing
 * (Goyal, Vin and Cheng, 1996) for jobs that cost the same: who has had nothing for a while goes next, and has no credit beyond that.
 */
export class FairOrder {
  private readonly turns = Object.fromEntries(
    jobClasses.map((name) => [name, { now: 0, last: new Map() }]),
  ) as unknown as Record<JobClass, Turns>;

  /** @param waiting by arrival */
  sorted<J extends Ordered>(waiting: readonly J[]): J[] {
    const next = new Map<string, number>();
    const placed = waiting.map((job) => {
      const key = `${job.class} ${job.user}`;
      const turn = next.get(key) ?? this.nextTurn(job);
      next.set(key, turn + 1);
      return { job, rank: job.passed >= MOST_PASSED ? -1 : jobClasses.indexOf(job.class), turn };
    });
    const byArrival = (a: J, b: J) => a.number - b.number;
    return placed
      .sort((a, b) => a.rank - b.rank || (a.rank < 0 ? 0 : a.turn - b.turn) || byArrival(a.job, b.job))
      .map(({ job }) => job);
  }

  /** A job begins. @param others those that go on waiting */
  began(job: Ordered, others: readonly Ordered[]): void {
    const turns = this.turns[job.class];
    const turn = this.nextTurn(job);
    turns.now = Math.max(turns.now, turn);
    turns.last.set(job.user, turn);
    for (const [user, last] of turns.last) if (last < turns.now) turns.last.delete(user);
    for (const other of others) if (other.number < job.number) other.passed++;
  }

  private nextTurn(job: Ordered): number {
    const { now, last } = this.turns[job.class];
    return Math.max(now, (last.get(job.user) ?? -1) + 1);
  }
}
