import { isIPv6 } from 'node:net';

const MOST = 10;
const WITHIN_MS = 5 * 60_000;
const MOST_ADDRESSES = 10_000;

/** Counts wrong passwords per address, so that nobody tries thousands; who sits elsewhere is not locked out. */
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
    if (failed && failed.until > now) failed.count++;
    else this.byNetwork.set(network, { count: 1, until: now + WITHIN_MS });
    if (this.byNetwork.size > MOST_ADDRESSES) this.forgetOldest();
  }

  private forgetOldest(): void {
    const now = this.now();
    for (const [network, { until }] of this.byNetwork) if (until <= now) this.byNetwork.delete(network);
    for (const network of this.byNetwork.keys()) {
      if (this.byNetwork.size <= MOST_ADDRESSES) return;
      this.byNetwork.delete(network);
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
