import { stageBar, stageList, type StageTimes } from '../stages/stages';
import type { RunResult } from './run';

/** Where the time of a call went: one bar, and the same in words. */
export function stageTimes({ stages, ms }: Pick<RunResult, 'stages' | 'ms'>): HTMLElement[] {
  const times: StageTimes = {};
  for (const stage of stages) if (stage.name !== 'total' && stage.ms > 0) times[stage.name] = stage.ms;
  const total = stages.find(({ name }) => name === 'total')?.ms ?? ms;
  const known = Object.values(times).reduce((sum, time) => sum + time, 0);
  // What the server did besides, and what is left of the round trip.
  if (total - known >= 1) times.other = total - known;
  if (ms - total >= 1) times.network = ms - total;
  return [stageBar(times), stageList(times)];
}
