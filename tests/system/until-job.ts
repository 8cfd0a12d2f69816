import type { Job as JobView } from '../../gateway/contract/jobs';
import { until } from '../until';
import { get } from './client';

const jobOf = async (url: string, id: string) => (await get(`${url}/v1/jobs/${id}`)).json as JobView;

/** Waits until a job, named by the id of its request, has arrived whole: it runs or waits. */
export const untilUnderWay = (url: string, id: string): Promise<JobView> =>
  until(
    () => jobOf(url, id),
    ({ state, position }) => state === 'running' || (position ?? null) !== null,
  );

/** Waits until some windows of a job have been computed. */
export const untilWindows = (url: string, id: string, windows = 1): Promise<JobView> =>
  until(
    () => jobOf(url, id),
    (job) => (job.windows?.done ?? 0) >= windows,
  );
