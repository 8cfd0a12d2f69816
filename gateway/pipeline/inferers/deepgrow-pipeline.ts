import { isDeepStrictEqual } from 'node:util';
import { fail } from '../../errors';
import { pasteNearest } from '../../imaging/ops/resample/paste-nearest';
import { reorderAxes, spatialShape, type Axes, type Volume } from '../../imaging/volume';
import { allocate } from '../../arena';
import type { ModelSpec, PipelineInferer, TransformStep } from '../../model-spec';
import type { StageClock } from '../../telemetry/stages';
import { singleChannel } from '../../transforms/clara/fetch-extreme-points';
import { requestClicks } from '../../transforms/deepgrow/clicks';
import { findTransform } from '../../transforms/registry';
import type { Sample } from '../../transforms/sample';
import { runChain, translate } from '../chain';
import { filesByField } from '../files-by-field';
import type { Job } from '../job';
import type { InferenceContext } from './inference-context';
import { seedSlices, type SeededSlice } from './pipeline-seeds';
import { runStacked } from './simple';

/** Runs the inferer of any model: given from outside, for it also runs pipelines. */
type RunInferer = (job: Job, sample: Sample, context: InferenceContext, clock: StageClock) => Promise<number>;

/**
 * DeepGrow in two stages (`transforms.md` §7.5): the 3-D model answers the clicks with a rough mask; each slice of it gives a seed, and the
 * 2-D model answers the seeds slice by slice, `batch_size` slices per call. Both models run with their own transforms, so a slice comes out
 * as if its seed had been clicked; the client's own clicks on a slice go along with its seed.
 *
 * The result has the file's grid, one channel, depth first: what `RestoreLabeld` of the pipeline's config leaves as it is.
 */
export async function runPipeline(
  job: Job,
  inferer: PipelineInferer,
  sample: Sample,
  context: InferenceContext,
  clock: StageClock,
  runInferer: RunInferer,
): Promise<void> {
  const { volumetric, planar } = modelsOf(job, inferer);
  const image = sample.volume(inferer.input);
  const file = image.properties.originalShape;
  if (!file || file.length !== 3) throw fail('INFERENCE_FAILED', { model: job.spec.name, what: 'its image must be a volume from a file' }); // prettier-ignore
  const names = { foreground: 'foreground', background: 'background' };
  const clicks = await translate(job, () => requestClicks(job.params, names, file));

  const begin = (model: Job): Begun => begun(model, job, sample);
  const rough = await segmentVolume(volumetric, begin(volumetric), context, clock, runInferer);
  const slices = await clock.measure('seeds', () => seedSlices(onFileGrid(rough, file, volumetric), clicks));
  const result = emptyResult(image, file);
  const prepared = await prepare(planar, begin(planar), context, clock);
  for (let from = 0; from < slices.length; from += inferer.batchSize) {
    const part = slices.slice(from, from + inferer.batchSize);
    clock.advance(from, slices.length);
    await segmentSlices(planar, prepared, part, result, context, clock, runInferer);
  }
  sample.volumes.set(inferer.output, result);
}

/** The jobs of the two models, told apart by what their own info says (`deepgrow`: "3D" or "2D"), not by their order. */
function modelsOf(job: Job, { models }: PipelineInferer): { volumetric: Job; planar: Job } {
  const jobs = models.map((name): Job => {
    const related = job.related?.[name];
    if (!related)
      throw fail('MODEL_NOT_READY', { model: job.spec.name, what: `it calls "${name}", which is not loaded` });
    return { ...job, spec: related.spec, modelVersion: related.modelVersion };
  });
  const [volumetric, planar] = ['3D', '2D'].map((kind) =>
    jobs.filter(({ spec }) => String(spec.info.deepgrow).toUpperCase() === kind),
  );
  if (volumetric.length === 1 && planar.length === 1) return { volumetric: volumetric[0], planar: planar[0] };
  const kinds = jobs.map(({ spec }) => `"${spec.name}" is ${showKind(spec)}`).join(', ');
  throw fail('MODEL_NOT_READY', {
    model: job.spec.name,
    what: `it needs one deepgrow model of kind 3D and one of kind 2D (meta_data.deepgrow), but ${kinds || 'names none'}`,
  });
}

const showKind = ({ info, type }: ModelSpec) => (info.deepgrow ? String(info.deepgrow) : `a ${type} model`);

/** A sample that the first `steps` pre-transforms of a model have been applied to. */
interface Begun {
  sample: Sample;
  steps: number;
}

/** Where a model begins: behind the pipeline's own pre-transforms where its list begins with the same ones, else at the file. */
function begun(job: Job, pipeline: Job, sample: Sample): Begun {
  const { spec } = job;
  const done = pipeline.spec.pre;
  const field = fileField(spec);
  const same = field === fileField(pipeline.spec) && isDeepStrictEqual(spec.pre.slice(0, done.length), done);
  return same
    ? { sample: sample.branch({}), steps: done.length }
    : { sample: sample.anew(filesByField(job)), steps: 0 };
}

/** The field that takes the request's file. */
const fileField = ({ inference }: ModelSpec) => inference.inputs[0]?.field ?? 'image';

const chainOf = ({ spec }: Job, stage: 'pre' | 'post', steps: readonly TransformStep[], first = 0) => ({
  name: `"${spec.name}" ${stage}_transforms`,
  stage,
  steps,
  first,
});

/** One model from the file to the field that its writer would store. */
async function segmentVolume(
  job: Job,
  { sample, steps }: Begun,
  context: InferenceContext,
  clock: StageClock,
  runInferer: RunInferer,
): Promise<Volume> {
  await runChain(chainOf(job, 'pre', job.spec.pre.slice(steps), steps), job, sample, context, clock);
  const applied = await runInferer(job, sample, context, clock);
  await runChain(chainOf(job, 'post', job.spec.post.slice(applied), applied), job, sample, context, clock);
  return resultOf(job, sample);
}

function resultOf({ spec }: Job, sample: Sample): Volume {
  const { image, field } = spec.writer.args;
  const name = String(image ?? field ?? spec.inference.outputs[0].field);
  return singleChannel(sample.volume(name), name);
}

/** X, Y, Z of the file. */
function onFileGrid(volume: Volume, file: readonly number[], { spec }: Job): Volume {
  const ordered = volume.axes === 'XYZ' ? volume : reorderAxes(volume, 'XYZ');
  if (spatialShape(ordered).every((length, d) => length === file[d])) return ordered;
  const what = `its result has the shape [${ordered.shape.join(', ')}], the file [${file.join(', ')}]; RestoreLabeld must end its post_transforms`;
  throw fail('INFERENCE_FAILED', { model: spec.name, what });
}

/** The steps of a model that do not look at the clicks, done once for all slices. */
async function prepare(
  job: Job,
  { sample, steps }: Begun,
  context: InferenceContext,
  clock: StageClock,
): Promise<Begun> {
  const until = Math.max(steps, job.spec.cacheableSteps);
  await runChain(chainOf(job, 'pre', job.spec.pre.slice(steps, until), steps), job, sample, context, clock);
  return { sample, steps: until };
}

async function segmentSlices(
  job: Job,
  prepared: Begun,
  slices: readonly SeededSlice[],
  result: Volume,
  context: InferenceContext,
  clock: StageClock,
  runInferer: RunInferer,
): Promise<void> {
  const samples: Sample[] = [];
  for (const { slice, foreground, background } of slices) {
    const sample = prepared.sample.branch({ foreground, background, slice, current_point: null });
    await runChain(
      chainOf(job, 'pre', job.spec.pre.slice(prepared.steps), prepared.steps),
      job,
      sample,
      context,
      clock,
    );
    samples.push(sample);
  }
  let applied = 0;
  if (job.spec.inference.inferer.kind === 'simple') await runStacked(job, samples, context, clock);
  else for (const sample of samples) applied = await runInferer(job, sample, context, clock);
  // The slices alone: a whole volume for each would be mostly zeros.
  const post = job.spec.post.map(({ name, args }) => ({ name, args: slicewise(name, args) }));
  for (const [at, sample] of samples.entries()) {
    await runChain(chainOf(job, 'post', post.slice(applied), applied), job, sample, context, clock);
    pasteSlice(resultOf(job, sample), result, slices[at].slice, job);
  }
}

function slicewise(name: string, args: TransformStep['args']): TransformStep['args'] {
  return (findTransform(name)?.slicewise?.(args) ?? args) as TransformStep['args'];
}

function pasteSlice(plane: Volume, result: Volume, slice: number, { spec }: Job): void {
  const [, , nx, ny] = result.shape;
  if (plane.axes !== 'XY' || plane.shape[0] !== nx || plane.shape[1] !== ny) {
    const what = `its result for slice ${slice} has axes ${plane.axes} and shape [${plane.shape.join(', ')}], expected [${nx}, ${ny}]; RestoreLabeld must end its post_transforms`;
    throw fail('INFERENCE_FAILED', { model: spec.name, what });
  }
  const [x, y] = [nx, ny].map((length) => Int32Array.from({ length }, (_, index) => index));
  pasteNearest(plane, [x, y], result, slice);
}

/** One channel of zeros on the file's grid, depth first, voxels in file order. */
function emptyResult({ properties }: Volume, [nx, ny, nz]: readonly number[]): Volume {
  const size = nx * ny * nz;
  return {
    data: allocate(Uint8Array, size),
    shape: [1, nz, nx, ny],
    strides: [size, nx * ny, 1, nx],
    axes: 'CZXY' satisfies Axes,
    affine: properties.originalAffine,
    properties,
  };
}
