import { stat } from 'node:fs/promises';
import type { StageClock } from '../telemetry/stages';
import { Sample } from '../transforms/sample';
import { runChain, translate } from './chain';
import type { Job, JobResult } from './job';
import type { InferenceContext } from './inferers/inference-context';
import { runInferer } from './inferers/inferer';
import { restore, takeSnapshot, type PreparedSample } from './prepared-sample';
import { checkResultParams, writeResult } from './writers/writers';

/** What a job needs of its thread. */
export interface JobContext extends InferenceContext {
  /** Gives the memory of volumes that nothing refers to any more back to the system. */
  collectGarbage(): void;
}

/** Below this many bytes of voxels a collection takes longer than the memory is worth. */
const COLLECT_FROM_BYTES = 64 << 20;

/** The whole walk of one job: decode, pre-transforms, inferer, post-transforms, writer. `clock` receives the time of each stage, also on failure. */
export async function runJob(job: Job, context: JobContext, clock: StageClock): Promise<JobResult> {
  const { spec } = job;
  const sample = new Sample(new Map([[spec.inference.inputs[0]?.field ?? 'image', job.image]]), job.params);

  // Before the work, not after it: what the request asks of the result file.
  await translate(job, () => checkResultParams(spec.writer, job.params));
  const prepared = await prepare(job, sample, context, clock);
  dropGarbage(sample, context);
  await runInferer(job, sample, context, clock);
  dropGarbage(sample, context);
  await runChain({ name: 'post_transforms', stage: 'post', steps: spec.post }, job, sample, context, clock);
  const written = await clock.measure('write', () =>
    translate(job, () => writeResult(sample, spec.writer, { ...job, labels: spec.labels })),
  );

  const file = written.file && { ...written.file, bytes: (await stat(written.file.path)).size };
  return { file, json: { ...sample.result, ...written.json }, stages: clock.list(), prepared };
}

/** What the chain has left behind would otherwise stay until the end of the job, next to the tensors. */
function dropGarbage(sample: Sample, context: JobContext): void {
  const bytes = [...sample.volumes.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes >= COLLECT_FROM_BYTES) context.collectGarbage();
}

/** The pre-transforms. For a session, the first ones are taken from an earlier job, or their outcome is returned for later ones. */
async function prepare(
  job: Job,
  sample: Sample,
  context: InferenceContext,
  clock: StageClock,
): Promise<PreparedSample | undefined> {
  const { prepared, spec } = job;
  const run = (from: number, to: number) =>
    runChain(
      { name: 'pre_transforms', stage: 'pre', steps: spec.pre.slice(from, to), first: from },
      job,
      sample,
      context,
      clock,
    );
  if (prepared === undefined) {
    await run(0, spec.pre.length);
    return undefined;
  }
  if (prepared !== 'wanted') {
    await clock.measure('cache', () => restore(sample, prepared));
    await run(spec.cacheableSteps, spec.pre.length);
    return undefined;
  }
  await run(0, spec.cacheableSteps);
  const snapshot = takeSnapshot(sample);
  await run(spec.cacheableSteps, spec.pre.length);
  return snapshot;
}
