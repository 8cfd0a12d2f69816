import { isDeepStrictEqual } from 'node:util';
import { fail } from '../../errors';
import { pasteNearest } from '../../imaging/ops/resample/paste-nearest';
import { reorderAxes, spatialShape, type Axes, type Volume } from '../../imaging/volume';
import { allocate } from '../../arena';
import type { ModelSpec, PipelineInferer, TransformStep } from '../../model-spec';
import { singleChannel } from '../../transforms/channels';
import { requestClicks } from '../../transforms/points/clicks';
import { findTransform } from '../../transforms/registry';
import { runChain, translate } from '../chain';
import { filesByField } from '../files-by-field';
import type { Job } from '../job';
import { inStep, type ModelRun } from '../model-run';
import { seedSlices, type SeededSlice } from './pipeline-seeds';
import { runStacked } from './simple';

/** Runs the inferer of any model: given from outside, for it also runs pipelines. */
type RunInferer = (run: ModelRun) => Promise<number>;

/**
 * DeepGrow in two stages: the 3-D model answers the clicks with a rough mask; each slice of it gives a seed, and the
 * 2-D model answers the seeds slice by slice, `batch_size` slices per call. Both models run with their own transforms, so a slice comes out
 * as if its seed had been clicked; the client's own clicks on a slice go along with its seed.
 *
 * The result has the file's grid, one channel, depth first: what `RestoreLabeld` of the pipeline's config leaves as it is.
 */
export async function runPipeline(run: ModelRun, inferer: PipelineInferer, runInferer: RunInferer): Promise<void> {
  const { job, sample, clock } = run;
  const { volumetric, planar } = modelsOf(job, inferer);
  const image = sample.volume(inferer.input);
  const file = image.properties.originalShape;
  if (!file || file.length !== 3) throw fail('INFERENCE_FAILED', { model: job.spec.name, what: 'its image must be a volume from a file' }); // prettier-ignore
  const names = { foreground: 'foreground', background: 'background' };
  const clicks = await translate(job, () => requestClicks(job.params, names, file));

  const slices = await inStep(run, async () => {
    const { begun, steps } = begin(volumetric, run);
    const rough = await segmentVolume(begun, steps, runInferer);
    begun.sample.leave();
    return clock.measure('seeds', () => seedSlices(onFileGrid(rough, file, volumetric), clicks));
  });
  const result = emptyResult(image, file);
  const { begun, steps } = begin(planar, run);
  // The steps of the model that do not look at the clicks, done once for all slices.
  const until = Math.max(steps, planar.spec.cacheableSteps);
  await runPart(begun, 'pre', steps, until);
  for (let from = 0; from < slices.length; from += inferer.batchSize) {
    clock.advance(from, slices.length);
    await inStep(run, () =>
      segmentSlices(begun, until, slices.slice(from, from + inferer.batchSize), result, runInferer),
    );
  }
  begun.sample.leave();
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

/** Where a model begins: after the pipeline's own pre-transforms where its list begins with the same `steps`, else at the file. */
function begin(model: Job, { job, sample, ...world }: ModelRun): { begun: ModelRun; steps: number } {
  const done = job.spec.pre;
  const isSame =
    fileField(model.spec) === fileField(job.spec) && isDeepStrictEqual(model.spec.pre.slice(0, done.length), done);
  const own = isSame ? sample.branch({}) : sample.anew(filesByField(model));
  return { begun: { ...world, job: model, sample: own }, steps: isSame ? done.length : 0 };
}

/** The field that takes the request's file. */
const fileField = ({ inference }: ModelSpec) => inference.inputs[0]?.field ?? 'image';

/** Steps `from` to `to` of a model's pre- or post-transforms. */
function runPart(run: ModelRun, stage: 'pre' | 'post', from: number, to?: number, all = run.job.spec[stage]) {
  const name = `"${run.job.spec.name}" ${stage}_transforms`;
  return runChain(run, { name, stage, steps: all.slice(from, to), first: from });
}

/** One model from its step `from` to the field that its writer would store. */
async function segmentVolume(run: ModelRun, from: number, runInferer: RunInferer): Promise<Volume> {
  await runPart(run, 'pre', from);
  await runPart(run, 'post', await runInferer(run));
  return resultOf(run);
}

function resultOf({ job: { spec }, sample }: ModelRun): Volume {
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

async function segmentSlices(
  begun: ModelRun,
  from: number,
  slices: readonly SeededSlice[],
  result: Volume,
  runInferer: RunInferer,
): Promise<void> {
  const { job } = begun;
  const runs: ModelRun[] = [];
  for (const { slice, foreground, background } of slices) {
    const run = { ...begun, sample: begun.sample.branch({ foreground, background, slice, current_point: null }) };
    await runPart(run, 'pre', from);
    runs.push(run);
  }
  let applied = 0;
  if (job.spec.inference.inferer.kind === 'simple')
    await runStacked(begun, runs.map(({ sample }) => sample)); // prettier-ignore
  else for (const run of runs) applied = await runInferer(run);
  // The slices alone: a whole volume for each would be mostly zeros.
  const post = job.spec.post.map(({ name, args }) => ({ name, args: slicewise(name, args) }));
  for (const [at, run] of runs.entries()) {
    await runPart(run, 'post', applied, undefined, post);
    pasteSlice(resultOf(run), result, slices[at].slice, job);
    run.sample.leave();
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
