import { isIPv6 } from 'node:net';
import pLimit from 'p-limit';
import type { SentCredentials, Users } from './users';

/** `passed`, `wrong`, or the seconds that this address has to wait. */
export type Verdict = 'passed' | 'wrong' | { waitSeconds: number };

/** Checks passwords with a limit on wrong ones per address. */
export class PasswordCheck {
  /** One guess at a time: many at once would take the processor away from inference, and would all be begun before the first is found wrong. */
  private readonly oneAtATime = pLimit(1);

  constructor(
    private readonly users: Users,
    private readonly attempts = new FailedAttempts(),
  ) {}

  async check(address: string, sent: SentCredentials): Promise<Verdict> {
    if (this.attempts.waitSeconds(address) === 0 && (await this.users.remembers(sent))) return 'passed';
    return this.oneAtATime(() => this.guess(address, sent));
  }

  private async guess(address: string, sent: SentCredentials): Promise<Verdict> {
    const waitSeconds = this.attempts.waitSeconds(address);
    if (waitSeconds > 0) return { waitSeconds };
    if (await this.users.has(sent)) return 'passed';
    this.attempts.add(address);
    return 'wrong';
  }
}

const MOST = 10;
const WITHIN_MS = 5 * 60_000;
const MOST_ADDRESSES = 10_000;

/** Counts wrong passwords per address, so that nobody tries thousands; callers from elsewhere are not locked out. */
export class FailedAttempts {
  private readonly byNetwork = new Map<string, { count: number; until: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  /** @returns seconds until this address may try again; 0 when it may now */
  waitSeconds(address: string): number {
    const failed = this.byNetwork.get(networkOf(address));
    if (!failed || failed.count < MOST) return 0;
    return Math.max(0, Math.ceil((failed.until - this.now()) / 1000));
  }

  add(address: string): void {
    const network = networkOf(address);
    const failed = this.byNetwork.get(network);
    const now = this.now();
    if (failed && failed.until > now) return void failed.count++;
    this.byNetwork.delete(network);
    this.byNetwork.set(network, { count: 1, until: now + WITHIN_MS });
    // A map keeps the order of insertion, so the first ones end first.
    for (const [oldest, { until }] of this.byNetwork) {
      if (until > now && this.byNetwork.size <= MOST_ADDRESSES) return;
      this.byNetwork.delete(oldest);
    }
  }
}

/** One machine has a whole /64 of IPv6 addresses to try from. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head, tail = ''] = plain.split('%')[0].split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  const zeros = plain.includes('::') ? Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0') : [];
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
