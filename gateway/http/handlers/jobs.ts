import type { Response } from 'express';
import type { Job as JobView } from '../../contract/jobs';
import { KEPT_JOBS, type JobRegistry } from '../../jobs/job-registry';
import type { RequestRun } from '../../jobs/request-run';
import type { Call, Fail } from '../endpoint';
import type { Services } from '../services';
import { openEventStream, wantsEvents } from './event-stream';

type JobCall = Call<'JOB_NOT_FOUND'>;

/** How often a watched job is looked at. */
const LOOK_EVERY_MS = 100;
/** Whoever sends a request and watches it at once may be faster on this connection than on the other. */
const APPEARS_WITHIN_MS = 5000;

/** `GET /v1/jobs`: those under way, and the last that ended. */
export function listJobs({ response }: Call, { jobs }: Services): void {
  response.json({ jobs: jobs.list() });
}

/** `GET /v1/jobs/:job`: a job; as events for those who ask for them: at once, with each change, and the last when it has ended. */
export async function getJob(
  { request, response, path: { job: id }, fail }: JobCall,
  { jobs }: Services,
): Promise<void> {
  if (!wantsEvents(request)) return void response.json(found(jobs, id, fail).view());
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const job = await jobs.find(id, APPEARS_WITHIN_MS, gone.signal);
  watch(job ?? found(jobs, id, fail), response);
}

/** `DELETE /v1/jobs/:job`: 202, and the job ends as soon as it can be stopped; 200 when it had ended already. */
export function cancelJob({ response, path, fail }: JobCall, { jobs }: Services): void {
  const job = found(jobs, path.job, fail);
  response.status(job.ended ? 200 : 202);
  job.cancel();
  response.json(job.view());
}

function found(jobs: JobRegistry, id: string, fail: Fail<'JOB_NOT_FOUND'>): RequestRun {
  const job = jobs.get(id);
  if (!job) throw fail('JOB_NOT_FOUND', { job: id, kept: KEPT_JOBS });
  return job;
}

function watch(job: RequestRun, response: Response): void {
  const stream = openEventStream(response);
  let last = '';
  const tell = () => {
    const view = job.view();
    const state = stateOf(view);
    if (job.ended) {
      clearInterval(timer);
      stream.close('job', view);
    } else if (state !== last && stream.send('job', view)) last = state;
  };
  const timer = setInterval(tell, LOOK_EVERY_MS);
  job.whenEnded(() => !stream.ended.aborted && tell());
  stream.ended.addEventListener('abort', () => clearInterval(timer));
  tell();
}

/** The part of a job whose change counts: everything but the clocks. */
function stateOf({ state, position, stage, progress, windows }: JobView): string {
  return JSON.stringify([state, position, stage, progress, windows]);
}
