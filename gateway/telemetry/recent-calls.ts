import type { RecentFigures } from '../contract/dashboard';

interface Call {
  at: number;
  ms: number;
  failed: boolean;
}

const MINUTE_MS = 60_000;
const KEPT_MS = 5 * MINUTE_MS;
const MOST_KEPT = 20_000;

/** The inferences of the last five minutes, in memory. */
export class RecentCalls {
  private calls: Call[] = [];

  add(ms: number, failed: boolean): void {
    this.calls.push({ at: Date.now(), ms, failed });
    if (this.calls.length > 2 * MOST_KEPT) this.calls = this.calls.slice(-MOST_KEPT);
  }

  figures(now = Date.now()): RecentFigures {
    const first = this.calls.findIndex(({ at }) => now - at <= KEPT_MS);
    this.calls = first < 0 ? [] : this.calls.slice(first);
    const durations = this.calls.map(({ ms }) => ms).sort((a, b) => a - b);
    const failed = this.calls.filter((call) => call.failed).length;
    return {
      calls_per_min: this.calls.filter(({ at }) => now - at <= MINUTE_MS).length,
      p95_ms: durations.length ? durations[Math.ceil(durations.length * 0.95) - 1] : null,
      error_rate: durations.length ? failed / durations.length : 0,
    };
  }
}
