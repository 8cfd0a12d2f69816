import type { StageClock } from '../../telemetry/stages';
import type { JobResult, PolygonJob } from '../job';
import { translate } from '../chain';
import { fixPolygon } from './fix-polygon';
import { maskToPolygon } from './mask-to-polygon';

type Task = (job: PolygonJob, clock: StageClock) => Promise<JobResult>;

const tasks: Record<PolygonJob['kind'], Task> = { 'mask-to-polygon': maskToPolygon, 'fix-polygon': fixPolygon };

/** Runs a job on polygons; `clock` receives the time of its stages. */
export function runPolygonJob(job: PolygonJob, clock: StageClock): Promise<JobResult> {
  return translate(job, () => tasks[job.kind](job, clock));
}
