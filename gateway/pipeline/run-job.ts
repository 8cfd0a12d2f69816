import { announceImage } from '../imaging/formats/announced-image';
import type { StageClock } from '../telemetry/stages';
import { ParamsRead } from '../transforms/request';
import { Sample } from '../transforms/sample';
import { cropToPoints } from './annotation-crop';
import { runChain, translate } from './chain';
import { filesByField, unreadFiles } from './files-by-field';
import { runInferer } from './inferers/inferer';
import type { Job, JobResult } from './job';
import { inStep, type InferenceContext, type ModelRun } from './model-run';
import { restore, takeSnapshot, type PreparedSample } from './prepared-sample';
import { checkResultParams, writeResult } from './writers/writers';

/** One job from file to file: decode, pre-transforms, inferer, post-transforms, writer. `clock` receives the time of each stage, also on failure. */
export async function runJob(sent: Job, context: InferenceContext, clock: StageClock): Promise<JobResult> {
  const read = new ParamsRead(sent.params);
  const job = { ...sent, params: read.params };
  const { spec } = job;
  const loading: ModelRun = { job, sample: new Sample(filesByField(job), job.params), context, clock };

  // Before the work, not after it: what the request asks of the result file.
  await translate(job, () => checkResultParams(spec.writer, job.params));
  // Where the gateway crops, it does so after the loading; only that is kept between calls then (`withPointCrop` in `config/parse-model-config.ts`).
  const cropAt = spec.inference.pointCrop?.loading ?? spec.pre.length;
  const prepared = await prepare(loading, cropAt);
  const crop =
    spec.inference.pointCrop &&
    (await clock.measure('pre', () => translate(job, () => cropToPoints(spec, loading.sample))));
  const sample = crop?.sample ?? loading.sample;
  const run = { ...loading, sample };
  await runPre(run, cropAt, spec.pre.length);
  await context.confirmed();
  const applied = await inStep(run, () => translate(job, () => runInferer(run)));
  await runChain(run, { name: 'post_transforms', stage: 'post', steps: spec.post.slice(applied), first: applied });
  crop?.pasteBack();
  const written = await clock.measure('write', () =>
    translate(job, () => writeResult(sample, spec.writer, { ...job, labels: spec.labels })),
  );

  for (const sentence of [read.unread, unreadFiles(job)]) if (sentence) sample.warn(sentence);
  return { file: written.file, json: { ...sample.result, ...written.json }, warnings: sample.warned, prepared };
}

function runPre(run: ModelRun, from: number, to: number): Promise<void> {
  return runChain(run, { name: 'pre_transforms', stage: 'pre', steps: run.job.spec.pre.slice(from, to), first: from });
}

/** The pre-transforms before number `until`. For a session, the first ones are taken from an earlier job, or their outcome is returned for later ones. */
async function prepare(run: ModelRun, until: number): Promise<PreparedSample | undefined> {
  const { sample, context, clock } = run;
  const { prepared, spec } = run.job;
  const kept = prepared === undefined ? 0 : spec.cacheableSteps;
  if (typeof prepared === 'object') {
    for (const [, volume] of prepared.volumes) await announceImage({ volume, bytes: 0 });
    await clock.measure('cache', () => restore(sample, prepared));
  } else await runPre(run, 0, kept);
  const snapshot = prepared === 'wanted' ? await takeSnapshot(sample, (bytes) => context.reserve(bytes)) : undefined;
  await runPre(run, kept, until);
  return snapshot;
}
