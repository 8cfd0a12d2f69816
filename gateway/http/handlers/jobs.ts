import type { Request, Response } from 'express';
import { fail } from '../../errors';
import { KEPT_JOBS, type JobBoard } from '../../jobs/job-board';
import type { JobView, TrackedJob } from '../../jobs/tracked-job';
import { openEventStream, wantsEvents } from './event-stream';

type JobRequest = Request<{ job: string }>;

/** How often a watched job is looked at. */
const LOOK_EVERY_MS = 100;
/** Whoever sends a request and watches it at once may be faster on this connection than on the other. */
const APPEARS_WITHIN_MS = 5000;

/** `GET /v1/jobs`: those under way, and the last that ended. */
export function listJobs(board: JobBoard) {
  return function answerJobs(_request: Request, response: Response): void {
    response.json({ jobs: board.list() });
  };
}

/** `GET /v1/jobs/:job`: a job; as events for those who ask for them: at once, with each change, and the last when it has ended. @throws JOB_NOT_FOUND */
export function getJob(board: JobBoard) {
  return async function answerJob(request: JobRequest, response: Response): Promise<void> {
    const { job: id } = request.params;
    if (!wantsEvents(request)) return void response.json(found(board, id).view());
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const job = await board.find(id, APPEARS_WITHIN_MS, gone.signal);
    watch(job ?? found(board, id), response);
  };
}

/** `DELETE /v1/jobs/:job`: 202, and the job ends as soon as it can be stopped; 200 when it had ended already. @throws JOB_NOT_FOUND */
export function cancelJob(board: JobBoard) {
  return function answerCancel(request: JobRequest, response: Response): void {
    const job = found(board, request.params.job);
    response.status(job.ended ? 200 : 202);
    job.cancel();
    response.json(job.view());
  };
}

function found(board: JobBoard, id: string): TrackedJob {
  const job = board.get(id);
  if (!job) throw fail('JOB_NOT_FOUND', { job: id, kept: KEPT_JOBS });
  return job;
}

function watch(job: TrackedJob, response: Response): void {
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
  const endsNow = () => job.ended && tell();
  job.on('change', endsNow);
  stream.ended.addEventListener('abort', () => {
    clearInterval(timer);
    job.off('change', endsNow);
  });
  tell();
}

/** What counts as a change: not the clocks. */
function stateOf({ state, position, stage, progress, windows }: JobView): string {
  return JSON.stringify([state, position, stage, progress, windows]);
}
