import { setTimeout as sleep } from 'node:timers/promises';
import type { JobView } from '../../gateway/jobs/tracked-job';
import { get } from './client';

/** Looks again and again until what there is is wanted. @throws when that takes too long */
export async function until<T>(
  look: () => T | Promise<T>,
  wanted: (value: T) => boolean,
  withinMs = 10_000,
): Promise<T> {
  for (const end = Date.now() + withinMs; ; await sleep(20)) {
    const value = await look();
    if (wanted(value)) return value;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(value)}`);
  }
}

/** Waits until a job, named by the id of its request, has arrived whole: it runs or waits. */
export const untilUnderWay = (url: string, id: string): Promise<JobView> =>
  until(
    async () => (await get(`${url}/v1/jobs/${id}`)).json as JobView,
    ({ state, position }) => state === 'running' || (position ?? null) !== null,
  );

/** Waits until a job has some windows behind it. */
export const untilWindows = (url: string, id: string, windows = 1): Promise<JobView> =>
  until(
    async () => (await get(`${url}/v1/jobs/${id}`)).json as JobView,
    (job) => (job.windows?.done ?? 0) >= windows,
  );
