import type { Request, Response } from 'express';
import { z } from 'zod';
import { messageOf } from '../../../errors';
import type { JobBoard } from '../../../jobs/job-board';
import type { History } from '../../../telemetry/history/history';
import { openEventStream } from '../event-stream';
import { readQuery } from '../../request-query';
import type { LiveState } from './live-state';

const MOST_HOURS = 8784;
const TICK_MS = 2000;
const hoursExpected = `expected a number of hours above 0, at most ${MOST_HOURS}`;

export const dashboardQuery = z.object({
  hours: z.coerce
    .number(hoursExpected)
    .gt(0, hoursExpected)
    .max(MOST_HOURS, hoursExpected)
    .default(24)
    .describe('How far back the history goes.'),
});

export interface DashboardParts {
  history: History;
  live: LiveState;
  jobs: JobBoard;
}

/** `GET /v1/dashboard/data?hours=24`: the history of that span, and the server as it is now. Without a history (`history_error` says why) the rest is there. */
export function dashboardData({ history, live }: DashboardParts) {
  return async function answerDashboardData(request: Request, response: Response): Promise<void> {
    const { hours } = readQuery(dashboardQuery, request);
    const report = history.report(hours).catch((error: unknown) => ({ history_error: messageOf(error) }));
    response.setHeader('Cache-Control', 'no-store');
    response.json({ hours, ...(await report), live: await live.now() });
  };
}

/** `GET /v1/dashboard/events`: every 2 s an event `tick` with the server as it is now and the jobs. */
export function dashboardEvents({ live, jobs }: DashboardParts) {
  return async function answerDashboardEvents(_request: Request, response: Response): Promise<void> {
    const stream = openEventStream(response);
    const tick = async () => {
      const state = await live.now();
      if (!stream.ended.aborted) stream.send('tick', { live: state, jobs: jobs.list() });
    };
    const timer = setInterval(() => void tick(), TICK_MS);
    stream.ended.addEventListener('abort', () => clearInterval(timer));
    await tick();
  };
}
