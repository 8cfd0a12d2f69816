import { setTimeout as sleep } from 'node:timers/promises';

/** Ends a test that hangs; a machine that is merely busy never gets here. */
const DEADLINE_MS = 240_000;
const PAUSE_MS = 15;
/** Looks that ask a server leave most of the processor to what they wait for. */
const PAUSES_PER_LOOK = 3;

/**
 * Looks again and again until the value is the wanted one: how tests wait, since a time that was enough on one machine is not on another.
 *
 * @param wanted by default, anything true
 * @returns the wanted value
 * @throws after four minutes, with the last value
 */
export async function until<T>(look: () => T | Promise<T>, wanted: (value: T) => unknown = Boolean): Promise<T> {
  for (const end = performance.now() + DEADLINE_MS; ;) {
    const begun = performance.now();
    const value = await look();
    if (wanted(value)) return value;
    const now = performance.now();
    if (now > end) throw new Error(`still ${JSON.stringify(value)}`);
    await sleep(Math.max(PAUSE_MS, PAUSES_PER_LOOK * (now - begun)));
  }
}
