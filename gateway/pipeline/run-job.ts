import type { StageClock } from '../telemetry/stages';
import { ParamsRead } from '../transforms/params-read';
import { Sample } from '../transforms/sample';
import { cropToPoints } from './annotation-crop';
import { runChain, translate } from './chain';
import type { Job, JobResult } from './job';
import type { InferenceContext } from './inferers/inference-context';
import { filesByField, unreadFiles } from './files-by-field';
import { runInferer } from './inferers/inferer';
import { restore, takeSnapshot, type PreparedSample } from './prepared-sample';
import { checkResultParams, writeResult } from './writers/writers';

/** The whole walk of one job: decode, pre-transforms, inferer, post-transforms, writer. `clock` receives the time of each stage, also on failure. */
export async function runJob(sent: Job, context: InferenceContext, clock: StageClock): Promise<JobResult> {
  const read = new ParamsRead(sent.params);
  const job = { ...sent, params: read.params };
  const { spec } = job;
  const loaded = new Sample(filesByField(job), job.params);

  // Before the work, not after it: what the request asks of the result file.
  await translate(job, () => checkResultParams(spec.writer, job.params));
  // Where the gateway crops, it does so behind the loading; only that is kept between calls then (`config/point-crop.ts`).
  const cropAt = spec.inference.pointCrop?.loading ?? spec.pre.length;
  const prepared = await prepare(job, loaded, cropAt, context, clock);
  const crop =
    spec.inference.pointCrop && (await clock.measure('pre', () => translate(job, () => cropToPoints(spec, loaded))));
  const sample = crop?.sample ?? loaded;
  await runChain(pre(job, cropAt, spec.pre.length), job, sample, context, clock);
  const applied = await translate(job, () => runInferer(job, sample, context, clock));
  await context.dropGarbage();
  const post = { name: 'post_transforms', stage: 'post', steps: spec.post.slice(applied), first: applied } as const;
  await runChain(post, job, sample, context, clock);
  crop?.pasteBack();
  const written = await clock.measure('write', () =>
    translate(job, () => writeResult(sample, spec.writer, { ...job, labels: spec.labels })),
  );

  for (const sentence of [read.unread, unreadFiles(job)]) if (sentence) sample.warn(sentence);
  return { file: written.file, json: { ...sample.result, ...written.json }, warnings: sample.warned, prepared };
}

const pre = ({ spec }: Job, from: number, to: number) =>
  ({ name: 'pre_transforms', stage: 'pre', steps: spec.pre.slice(from, to), first: from }) as const;

/** The pre-transforms before number `until`. For a session, the first ones are taken from an earlier job, or their outcome is returned for later ones. */
async function prepare(
  job: Job,
  sample: Sample,
  until: number,
  context: InferenceContext,
  clock: StageClock,
): Promise<PreparedSample | undefined> {
  const { prepared, spec } = job;
  const run = (from: number, to: number) => runChain(pre(job, from, to), job, sample, context, clock);
  if (prepared === undefined) {
    await run(0, until);
    return undefined;
  }
  if (prepared !== 'wanted') {
    await clock.measure('cache', () => restore(sample, prepared));
    await run(spec.cacheableSteps, until);
    return undefined;
  }
  await run(0, spec.cacheableSteps);
  const snapshot = takeSnapshot(sample);
  await run(spec.cacheableSteps, until);
  return snapshot;
}
