import { diskError } from '../disk-errors';
import { asGatewayError, fail, GatewayError } from '../errors';
import { ImageError } from '../imaging/image-error';
import { VoxelLimitError } from '../imaging/voxel-limit';
import type { TransformStep } from '../model-spec';
import type { TransformDefinition, TransformOptions } from '../transforms/definition';
import { findTransform } from '../transforms/registry';
import { RequestError, type Sample } from '../transforms/sample';
import type { Job } from './job';
import { inStep, type ModelRun } from './model-run';
import { withOwnVoxels } from './own-voxels';
import { planPasses, type Pass, runPass } from './fusion';
import { known, say, sentenceOf } from '../sentence';

/** A list of steps and where it stands in the config. */
export interface Chain {
  /** For messages: `pre_transforms`. */
  name: string;
  /** `pre` also for steps that decode a file. */
  stage: 'pre' | 'post';
  steps: readonly TransformStep[];
  /** Place of the first step in the config's list. @default 0 */
  first?: number;
}

/** Applies the steps to the sample, in place. @throws GatewayError naming the step that failed */
export async function runChain(run: ModelRun, chain: Chain): Promise<void> {
  const { job, sample, context, clock } = run;
  const { stage, steps } = chain;
  const options = optionsOf(job);
  const passes =
    job.options.fusion === 'off' ? steps.map((step, at): Pass => ({ steps: [step], first: at })) : planPasses(steps);
  for (const pass of passes) {
    context.throwIfCancelled();
    let at = pass.first;
    const { field } = pass;
    const definition = findTransform(pass.steps[0].name);
    const coming = field === undefined ? definition?.coming : undefined;
    const whileRead = mayBeRead(passes.slice(passes.indexOf(pass) + 1));
    const apply = () =>
      field === undefined
        ? applyStep(run, pass.steps[0], { ...options, whileRead })
        : runPass({ ...pass, field }, sample, options, (step) => void (at = pass.first + step));
    const isLoading = stage === 'pre' && definition?.kind === 'load';
    const otherwise = (error: unknown) => describeFailure(run, chain, at, error);
    await clock.measure(isLoading ? 'decode' : stage, () =>
      translate(job, () => inStep(run, () => (sample.coming ? withComing(sample, coming, apply) : apply())), otherwise),
    );
  }
  if (sample.coming) await clock.measure(stage, () => translate(job, () => inStep(run, () => sample.whole())));
}

/** Whether the voxels of an image may still come while these passes begin: the first one that looks at them waits for each. */
function mayBeRead(passes: readonly Pass[]): boolean {
  const first = passes.find(({ steps }) => findTransform(steps[0].name)?.coming !== 'untouched');
  return first?.field === undefined && findTransform(first?.steps[0].name ?? '')?.coming === 'in order';
}

/** Applies a step to a sample whose image may still come. What it leaves behind may be written to until all is there. */
async function withComing(
  sample: Sample,
  coming: TransformDefinition['coming'],
  apply: () => void | Promise<void>,
): Promise<void> {
  if (coming === undefined) await sample.whole();
  try {
    await apply();
  } catch (error) {
    // It may have waited for voxels that cannot be read: that is why.
    if (coming === 'in order' && !(error instanceof GatewayError)) await sample.whole();
    throw error;
  }
  if (coming === 'in order') await sample.whole();
}

/** Applies steps that work voxel by voxel to a piece of the images, in place, at once. @throws as {@link runChain} */
export function runVoxelWise(run: Omit<ModelRun, 'context'>, chain: Chain): void {
  const { job, sample, clock } = run;
  const options = optionsOf(job);
  for (const [at, step] of chain.steps.entries()) {
    try {
      clock.measureNow(chain.stage, () => void findTransform(step.name)!.apply(sample, step.args, options));
    } catch (error) {
      throw translated(job, error, () => describeFailure(run, chain, at, error));
    }
  }
}

function optionsOf({ options: { fusion: _, ...options }, spec }: Job): TransformOptions {
  return { ...options, monai: spec.monai, bundle: spec.dialect === 'monai-bundle' };
}

async function applyStep({ sample, context }: ModelRun, step: TransformStep, options: TransformOptions): Promise<void> {
  const definition = findTransform(step.name);
  if (definition) return definition.apply(sample, step.args, options);
  const own = await context.ownTransform(step.name);
  const unknown =
    'this gateway does not know the transform; was its file taken out of the folder lib of the workspace?';
  if (!own) throw new Error(unknown);
  await withOwnVoxels(sample, () => own.apply(sample, step.args, options));
}

/** Turns the errors of imaging and transforms into errors of the catalogue: the image's fault, the request's fault, else `otherwise`. */
export async function translate<T>(
  job: Pick<Job, 'image'>,
  work: () => T | Promise<T>,
  otherwise: (error: unknown) => GatewayError = asGatewayError,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translated(job, error, otherwise);
  }
}

function translated({ image }: Pick<Job, 'image'>, error: unknown, otherwise: (error: unknown) => GatewayError) {
  if (error instanceof GatewayError) return error;
  // A file of this server, and not one that a transform of one's own reads.
  if (diskError(error)?.role) return asGatewayError(error);
  const about = { file: image.name, what: sentenceOf(error) };
  if (error instanceof ImageError)
    return fail(error.kind === 'unsupported' ? 'UNSUPPORTED_IMAGE' : 'UNREADABLE_IMAGE', about, { cause: error });
  if (error instanceof VoxelLimitError) return fail('IMAGE_TOO_LARGE', about, { cause: error });
  if (error instanceof RequestError) return fail('BAD_PARAMS', { what: error.said }, { cause: error });
  return otherwise(error);
}

/**
 * A failing transform is named with its place in the chain and what the images looked like when it failed. The config was checked when the
 * model came, so a step before the network that cannot go on has been given an image of another kind than the model is for.
 */
function describeFailure(
  { job, sample }: Pick<ModelRun, 'job' | 'sample'>,
  { name: chain, stage, steps, first = 0 }: Chain,
  at: number,
  error: unknown,
): GatewayError {
  const { name: transform, args } = steps[at];
  const index = first + at;
  const fields = Object.fromEntries(
    [...sample.volumes].map(([field, { axes, shape, data, affine }]) => {
      return [field, { axes, shape, type: data.constructor.name, affine }];
    }),
  );
  const options = { cause: error, details: { args, fields } };
  const isDefect = error instanceof TypeError || error instanceof RangeError;
  if (stage === 'pre' && !isDefect) {
    const what = say`${known(chain)}[${index}] ${known(transform)} failed: ${sentenceOf(error)}`;
    return fail('IMAGE_DOES_NOT_FIT', { model: job.spec.name, what }, options);
  }
  return fail('TRANSFORM_FAILED', { chain, index, transform, what: sentenceOf(error) }, options);
}
