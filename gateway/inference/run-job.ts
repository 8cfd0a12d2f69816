import { stat } from 'node:fs/promises';
import { asGatewayError, fail, GatewayError, messageOf } from '../errors';
import { ImageError } from '../imaging/image-error';
import type { Volume } from '../imaging/volume';
import type { TransformStep } from '../models/model-spec';
import type { StageClock } from '../telemetry/stages';
import { findTransform } from '../transforms/registry';
import { RequestError, Sample } from '../transforms/sample';
import type { Job, JobResult } from './job';
import type { InferenceContext } from './inferers/inference-context';
import { runInferer } from './inferers/inferer';
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
  const sample = new Sample(new Map([[job.spec.inference.inputs[0]?.field ?? 'image', job.image]]), job.params);

  // Before the work, not after it: what the request asks of the result file.
  await translate(job, () => checkResultParams(job.spec.writer, job.params));
  await runChain('pre_transforms', job, sample, context, clock);
  dropGarbage(sample, context);
  await runInferer(job, sample, context, clock);
  dropGarbage(sample, context);
  await runChain('post_transforms', job, sample, context, clock);
  const written = await clock.measure('write', () => translate(job, () => writeResult(sample, job.spec.writer, job)));

  const file = written.file && { ...written.file, bytes: (await stat(written.file.path)).size };
  return { file, json: { ...sample.result, ...written.json }, stages: clock.list() };
}

/** What the chain has left behind would otherwise stay until the end of the job, next to the tensors. */
function dropGarbage(sample: Sample, context: JobContext): void {
  const bytes = [...sample.volumes.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes >= COLLECT_FROM_BYTES) context.collectGarbage();
}

type ChainName = 'pre_transforms' | 'post_transforms';

async function runChain(
  chain: ChainName,
  job: Job,
  sample: Sample,
  context: InferenceContext,
  clock: StageClock,
): Promise<void> {
  const steps = chain === 'pre_transforms' ? job.spec.pre : job.spec.post;
  for (const [index, step] of steps.entries()) {
    context.throwIfCancelled();
    await clock.measure(stageOf(chain, step), () =>
      translate(
        job,
        () => applyStep(step, sample, job),
        (error) => describeFailure(chain, index, step, sample, error),
      ),
    );
  }
}

async function applyStep(step: TransformStep, sample: Sample, job: Job): Promise<void> {
  const definition = findTransform(step.name);
  if (!definition) throw new Error('this gateway does not know the transform');
  await definition.apply(sample, step.args, job.options);
}

function stageOf(chain: ChainName, step: TransformStep): string {
  if (chain === 'post_transforms') return 'post';
  return step.name.startsWith('Load') ? 'decode' : 'pre';
}

/** Turns the errors of the lower rooms into errors of the catalogue: the image's fault, the request's fault, else `otherwise`. */
async function translate<T>(
  job: Job,
  work: () => T | Promise<T>,
  otherwise: (error: unknown) => GatewayError = asGatewayError,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    if (error instanceof ImageError) {
      const code = error.kind === 'unsupported' ? 'UNSUPPORTED_IMAGE' : 'UNREADABLE_IMAGE';
      throw fail(code, { file: job.image.name, what: error.message }, { cause: error });
    }
    if (error instanceof RequestError) throw fail('BAD_PARAMS', { what: error.message }, { cause: error });
    throw otherwise(error);
  }
}

/** A failing transform is named with its place in the chain and what the images looked like when it failed. */
function describeFailure(
  chain: ChainName,
  index: number,
  step: TransformStep,
  sample: Sample,
  error: unknown,
): GatewayError {
  const fields = Object.fromEntries([...sample.volumes].map(([field, volume]) => [field, describeVolume(volume)]));
  return fail(
    'TRANSFORM_FAILED',
    { chain, index, transform: step.name, what: messageOf(error) },
    { cause: error, details: { args: step.args, fields } },
  );
}

function describeVolume(volume: Volume): Record<string, unknown> {
  return { axes: volume.axes, shape: volume.shape, type: volume.data.constructor.name, affine: volume.affine };
}
