import { stat } from 'node:fs/promises';
import type { StageClock } from '../telemetry/stages';
import { Sample } from '../transforms/sample';
import { cropToPoints } from './annotation-crop';
import { runChain, translate } from './chain';
import type { Job, JobResult } from './job';
import type { InferenceContext } from './inferers/inference-context';
import { runInferer } from './inferers/inferer';
import { checkResultParams, writeResult } from './writers/writers';

/** The whole walk of one job: decode, pre-transforms, inferer, post-transforms, writer. `clock` receives the time of each stage, also on failure. */
export async function runJob(job: Job, context: InferenceContext, clock: StageClock): Promise<JobResult> {
  const { spec } = job;
  const loaded = new Sample(new Map([[spec.inference.inputs[0]?.field ?? 'image', job.image]]), job.params);

  // Before the work, not after it: what the request asks of the result file.
  await translate(job, () => checkResultParams(spec.writer, job.params));
  const loading = spec.inference.pointCrop?.loading ?? 0;
  const [load, rest] = [spec.pre.slice(0, loading), spec.pre.slice(loading)];
  await runChain({ name: 'pre_transforms', stage: 'pre', steps: load }, job, loaded, context, clock);
  const crop = await clock.measure('pre', () => translate(job, () => cropToPoints(spec, loaded)));
  const sample = crop?.sample ?? loaded;
  await runChain({ name: 'pre_transforms', stage: 'pre', steps: rest, first: loading }, job, sample, context, clock);
  await runInferer(job, sample, context, clock);
  await runChain({ name: 'post_transforms', stage: 'post', steps: spec.post }, job, sample, context, clock);
  crop?.pasteBack();
  const written = await clock.measure('write', () => translate(job, () => writeResult(sample, spec.writer, job)));

  const file = written.file && { ...written.file, bytes: (await stat(written.file.path)).size };
  return { file, json: { ...sample.result, ...written.json }, stages: clock.list() };
}
