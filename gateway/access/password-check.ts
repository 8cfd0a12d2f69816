import { FailedAttempts } from './failed-attempts';
import type { SentCredentials, Users } from './users';

/** `passed`, `wrong`, or the seconds that this address has to wait. */
export type Verdict = 'passed' | 'wrong' | { waitSeconds: number };

/** Checks passwords with a limit on wrong ones per address. */
export class PasswordCheck {
  /** One guess at a time: many at once would take the processor away from inference, and would all be begun before the first is found wrong. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly users: Users,
    private readonly attempts = new FailedAttempts(),
  ) {}

  async check(address: string, sent: SentCredentials): Promise<Verdict> {
    if (this.attempts.waitSeconds(address) === 0 && (await this.users.remembers(sent))) return 'passed';
    const verdict = this.turn.then(() => this.guess(address, sent));
    this.turn = verdict.catch(() => undefined);
    return verdict;
  }

  private async guess(address: string, sent: SentCredentials): Promise<Verdict> {
    const waitSeconds = this.attempts.waitSeconds(address);
    if (waitSeconds > 0) return { waitSeconds };
    if (await this.users.has(sent)) return 'passed';
    this.attempts.add(address);
    return 'wrong';
  }
}
