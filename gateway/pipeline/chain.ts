import { asGatewayError, fail, GatewayError, messageOf } from '../errors';
import { ImageError } from '../imaging/image-error';
import type { Volume } from '../imaging/volume';
import { VoxelLimitError } from '../imaging/voxel-limit';
import type { TransformStep } from '../model-spec';
import type { StageClock } from '../telemetry/stages';
import type { TransformOptions } from '../transforms/definition';
import { findTransform } from '../transforms/registry';
import { RequestError, type Sample } from '../transforms/sample';
import type { InferenceContext } from './inferers/inference-context';
import type { Job } from './job';
import { planPasses, type Pass } from './fusion/passes';
import { runPass } from './fusion/run-pass';

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

/** Of the job: what chains need. */
export type ChainJob = Pick<Job, 'image' | 'options' | 'spec'>;

/** Applies the steps to the sample, in place. @throws GatewayError naming the step that failed */
export async function runChain(
  { name, stage, steps, first = 0 }: Chain,
  job: ChainJob,
  sample: Sample,
  context: Pick<InferenceContext, 'throwIfCancelled' | 'ownTransform' | 'dropGarbage'>,
  clock: StageClock,
): Promise<void> {
  const transformOptions = optionsOf(job);
  const passes =
    job.options.fusion === 'off' ? steps.map((step, at): Pass => ({ steps: [step], first: at })) : planPasses(steps);
  for (const pass of passes) {
    context.throwIfCancelled();
    let step = 0;
    const enters = (at: number) => void (step = at);
    await clock.measure(stage === 'pre' && findTransform(pass.steps[0].name)?.kind === 'load' ? 'decode' : stage, () =>
      translate(
        job,
        () =>
          isOverOneImage(pass)
            ? runPass(pass, sample, transformOptions, enters)
            : applyStep(pass.steps[0], sample, transformOptions, context),
        (error) => {
          const place = { name, stage, index: first + pass.first + step, model: job.spec.name };
          return describeFailure(place, pass.steps[step], sample, error);
        },
      ),
    );
    await context.dropGarbage();
  }
}

/**
 * Applies steps that work voxel by voxel to a piece of the images, in place; returns when they have been applied. @throws as {@link runChain}
 */
export function runVoxelWise(
  { name, stage, steps, first = 0 }: Chain,
  job: ChainJob,
  sample: Sample,
  clock: StageClock,
): void {
  const options = optionsOf(job);
  for (const [at, step] of steps.entries()) {
    try {
      clock.measureNow(stage, () => void findTransform(step.name)!.apply(sample, step.args, options));
    } catch (error) {
      const place = { name, stage, index: first + at, model: job.spec.name };
      throw translated(job, error, () => describeFailure(place, step, sample, error));
    }
  }
}

function optionsOf({ options: { fusion: _, ...options }, spec }: ChainJob): TransformOptions {
  return { ...options, monai: spec.monai, bundle: spec.dialect === 'monai-bundle' };
}

const isOverOneImage = (pass: Pass): pass is Pass & { field: string } => pass.field !== undefined;

async function applyStep(
  step: TransformStep,
  sample: Sample,
  options: TransformOptions,
  { ownTransform }: Pick<InferenceContext, 'ownTransform'>,
): Promise<void> {
  const definition = findTransform(step.name) ?? (await ownTransform(step.name));
  if (!definition)
    throw new Error(
      'this gateway does not know the transform; was its file taken out of the folder lib of the workspace?',
    );
  await definition.apply(sample, step.args, options);
}

/** Turns the errors of the lower rooms into errors of the catalogue: the image's fault, the request's fault, else `otherwise`. */
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

function translated(
  job: Pick<Job, 'image'>,
  error: unknown,
  otherwise: (error: unknown) => GatewayError,
): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof ImageError) {
    const code = error.kind === 'unsupported' ? 'UNSUPPORTED_IMAGE' : 'UNREADABLE_IMAGE';
    return fail(code, { file: job.image.name, what: error.message }, { cause: error });
  }
  if (error instanceof VoxelLimitError)
    return fail('IMAGE_TOO_LARGE', { file: job.image.name, what: error.message }, { cause: error });
  if (error instanceof RequestError) return fail('BAD_PARAMS', { what: error.message }, { cause: error });
  return otherwise(error);
}

/**
 * A failing transform is named with its place in the chain and what the images looked like when it failed. The config was checked when the
 * model came, so a step before the network that cannot go on has been given an image of another kind than the model is for.
 */
function describeFailure(
  { name: chain, stage, index, model }: { name: string; stage: Chain['stage']; index: number; model: string },
  step: TransformStep,
  sample: Sample,
  error: unknown,
): GatewayError {
  const fields = Object.fromEntries([...sample.volumes].map(([field, volume]) => [field, describeVolume(volume)]));
  const options = { cause: error, details: { args: step.args, fields } };
  const isDefect = error instanceof TypeError || error instanceof RangeError;
  if (stage === 'pre' && !isDefect) {
    const what = `${chain}[${index}] ${step.name} failed: ${messageOf(error)}`;
    return fail('IMAGE_DOES_NOT_FIT', { model, what }, options);
  }
  return fail('TRANSFORM_FAILED', { chain, index, transform: step.name, what: messageOf(error) }, options);
}

function describeVolume(volume: Volume): Record<string, unknown> {
  return { axes: volume.axes, shape: volume.shape, type: volume.data.constructor.name, affine: volume.affine };
}
