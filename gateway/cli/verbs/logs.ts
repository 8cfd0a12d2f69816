import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine } from '../../contract/server';
import { UsageError } from '../../flags';
import type { Verb } from '../verb';

const DEFAULT_LINES = 100;
/** Lines asked for at each look while following: as many as may come in that time. */
const FOLLOWED_LINES = 1000;
const LOOK_EVERY_MS = 1000;

export const logs: Verb = {
  name: 'logs',
  usage: ['[N] [--follow]'],
  operands: [0, 1],
  summary: `shows the last N lines of the server's log [${DEFAULT_LINES}]`,
  flags: { follow: { short: 'f', meaning: 'go on with new lines until Ctrl-C' } },
  async run({ operands: [count = String(DEFAULT_LINES)], flags, server, terminal }) {
    if (!/^\d{1,5}$/.test(count)) throw new UsageError(`logs "${count}": expected a number of lines`);
    const read = async (lines: number | string): Promise<string[]> => {
      const path = `/logs?lines=${lines}`;
      if (terminal.json) return (await server.json<LogLine[]>('GET', path)).map((entry) => JSON.stringify(entry));
      const { text } = await server.call('GET', path, { headers: { accept: 'text/plain' } });
      return text.split('\n').filter(Boolean);
    };
    // One JSON object per line with --json: a list would never end with --follow.
    const print = (lines: string[]) => void (lines.length && process.stdout.write(`${lines.join('\n')}\n`));
    let seen = await read(count);
    print(seen);
    while (flags.has('follow')) {
      await sleep(LOOK_EVERY_MS);
      const now = await read(FOLLOWED_LINES);
      print(newLines(seen, now));
      seen = now;
    }
  },
};

/** Lines of `now` that are new, from the first one on that was seen: where several gateways log, one may come between two that were seen. */
export function newLines(seen: readonly string[], now: readonly string[]): string[] {
  const known = new Set(seen);
  const from = now.findIndex((line) => known.has(line));
  return now.slice(Math.max(0, from)).filter((line) => !known.has(line));
}
