import type { NextFunction, Request, Response } from 'express';
import { fail } from '../../errors';
import type { JobBoard } from '../../jobs/job-board';
import type { Outcome } from '../../jobs/tracked-job';
import { contextOf, renameRequest } from './request-context';

/** Most characters of a model's name that a job shows: a client may ask for any. */
const MAX_NAME = 128;

/** Makes a request a job, from before its body is read until its answer is out. The job's id is the request's; see {@link JobBoard.begin} for one that is taken. */
export function trackJob(board: JobBoard) {
  return function track(request: Request, response: Response, next: NextFunction): void {
    const context = contextOf(request);
    const model = request.params.model ?? request.query.model;
    const job = board.begin({
      id: context.id,
      endpoint: String((request.route as { path: string }).path),
      model: typeof model === 'string' ? model.slice(0, MAX_NAME) : null,
      client: request.ip ?? '',
    });
    context.job = job;
    response.once('close', () => job.end(outcomeOf(response, context.error)));
    renameRequest(request, response, job.id, next);
  };
}

function outcomeOf(response: Response, error: Outcome['error']): Outcome {
  if (!response.writableFinished) return { state: 'cancelled', error: errorOf(fail('CANCELLED')) };
  if (!error) return { state: 'done' };
  return { state: error.code === 'CANCELLED' ? 'cancelled' : 'failed', error: errorOf(error) };
}

const errorOf = ({ code, message }: { code: string; message: string }) => ({ code, message });
