import { isDeepStrictEqual } from 'node:util';
import { fail } from '../../errors';
import { largestComponents } from '../../imaging/ops/labels/components';
import { deepestVoxel } from '../../imaging/ops/labels/deepest-voxel';
import { pasteNearest } from '../../imaging/ops/resample/paste-nearest';
import { reorderAxes, spatialShape, type Axes, type NumericArray, type Volume } from '../../imaging/volume';
import { allocate } from '../../arena';
import type { ModelSpec, PipelineInferer, TransformStep } from '../../model-spec';
import { singleChannel } from '../../transforms/channels';
import { requestClicks, type Clicks } from '../../transforms/points/clicks';
import { findTransform } from '../../transforms/registry';
import { runChain, translate } from '../chain';
import { filesByField } from '../files-by-field';
import type { Job } from '../job';
import { inStep, type ModelRun } from '../model-run';
import { runNninteractive } from './nninteractive/nninteractive';
import { runNnunetEnsemble } from './nnunet/ensemble';
import { runNnunet } from './nnunet/nnunet';
import { runPack } from './pack/pack';
import { runStacked } from './simple';
import { runScanningWindow } from './sliding-window/scanning-window';

/**
 * Sends the sample's input fields through the model and puts its outputs into the sample.
 * @returns number of the model's first post-transforms that its outputs have gone through already
 */
export async function runInferer(run: ModelRun): Promise<number> {
  const { spec, options } = run.job;
  const { inferer } = spec.inference;
  if (inferer.kind === 'scanning-window') {
    // MONAI's windows in place of Clara's have the overlap that the config's reader filled in.
    const isReplaced = inferer.rule === 'clara' && options.claraWindows === 'monai';
    return runScanningWindow(run, isReplaced ? { ...inferer, rule: 'monai-0' } : inferer);
  }
  if (inferer.kind === 'nnunet') {
    await runNnunet(run, inferer);
    return 0;
  }
  if (inferer.kind === 'pack') {
    await runPack(run, inferer);
    return 0;
  }
  if (inferer.kind === 'nnunet-ensemble') {
    await runNnunetEnsemble(run, inferer);
    return 0;
  }
  if (inferer.kind === 'nninteractive') {
    await runNninteractive(run, inferer);
    return 0;
  }
  if (inferer.kind === 'simple') return runStacked(run, [run.sample]);
  await runPipeline(run, inferer);
  return 0;
}

/**
 * DeepGrow in two stages: the 3-D model answers the clicks with a rough mask; each slice of it gives a seed, and the
 * 2-D model answers the seeds slice by slice, `batch_size` slices per call. Both models run with their own transforms, so a slice comes out
 * as if its seed had been clicked; the client's own clicks on a slice go along with its seed.
 *
 * The result has the file's grid, one channel, depth first: what `RestoreLabeld` of the pipeline's config leaves as it is.
 */
async function runPipeline(run: ModelRun, inferer: PipelineInferer): Promise<void> {
  const { job, sample, clock } = run;
  const { volumetric, planar } = modelsOf(job, inferer);
  const image = sample.volume(inferer.input);
  const file = image.properties.originalShape;
  if (!file || file.length !== 3) throw fail('INFERENCE_FAILED', { model: job.spec.name, what: 'its image must be a volume from a file' }); // prettier-ignore
  const names = { foreground: 'foreground', background: 'background' };
  const clicks = await translate(job, () => requestClicks(job.params, names, file));

  const slices = await inStep(run, async () => {
    const { begun, steps } = begin(volumetric, run);
    await runPart(begun, 'pre', steps);
    await runPart(begun, 'post', await runInferer(begun));
    const rough = resultOf(begun);
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
    await inStep(run, () => segmentSlices(begun, until, slices.slice(from, from + inferer.batchSize), result));
  }
  begun.sample.leave();
  sample.volumes.set(inferer.output, result);
}

/** The jobs of the two models, told apart by what their own info says (`deepgrow`: "3D" or "2D"), not by their order. */
function modelsOf(job: Job, { models }: PipelineInferer): { volumetric: Job; planar: Job } {
  const jobs = models.map((name): Job => {
    const related = job.related?.[name];
    if (related) return { ...job, ...related };
    throw fail('MODEL_NOT_READY', { model: job.spec.name, what: `it calls "${name}", which is not loaded` });
  });
  const [volumetric, planar] = ['3D', '2D'].map((kind) =>
    jobs.filter(({ spec }) => String(spec.info.deepgrow).toUpperCase() === kind),
  );
  if (volumetric.length === 1 && planar.length === 1) return { volumetric: volumetric[0], planar: planar[0] };
  const kindOf = ({ info, type }: ModelSpec) => (info.deepgrow ? String(info.deepgrow) : `a ${type} model`);
  const kinds = jobs.map(({ spec }) => `"${spec.name}" is ${kindOf(spec)}`).join(', ');
  const what = `it needs one deepgrow model of kind 3D and one of kind 2D (meta_data.deepgrow), but ${kinds || 'names none'}`;
  throw fail('MODEL_NOT_READY', { model: job.spec.name, what });
}

/** Where a model begins: after the pipeline's own pre-transforms where its list begins with the same `steps`, else at the file. */
function begin(model: Job, { job, sample, ...world }: ModelRun): { begun: ModelRun; steps: number } {
  const done = job.spec.pre;
  const [field, wanted] = [job, model].map(({ spec }) => spec.inference.inputs[0]?.field ?? 'image');
  const isSame = field === wanted && isDeepStrictEqual(model.spec.pre.slice(0, done.length), done);
  const own = isSame ? sample.branch({}) : sample.anew(filesByField(model));
  return { begun: { ...world, job: model, sample: own }, steps: isSame ? done.length : 0 };
}

/** Steps `from` to `to` of a model's pre- or post-transforms. */
function runPart(run: ModelRun, stage: 'pre' | 'post', from: number, to?: number, all = run.job.spec[stage]) {
  const name = `"${run.job.spec.name}" ${stage}_transforms`;
  return runChain(run, { name, stage, steps: all.slice(from, to), first: from });
}

/** The field that the writer of a model would store. */
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
    applied = await runStacked(begun, runs.map(({ sample }) => sample)); // prettier-ignore
  else for (const run of runs) applied = await runInferer(run);
  // The slices alone: a whole volume for each would be mostly zeros.
  const post = job.spec.post.map(({ name, args }): TransformStep => {
    return { name, args: (findTransform(name)?.slicewise?.(args) ?? args) as TransformStep['args'] };
  });
  for (const [at, run] of runs.entries()) {
    await runPart(run, 'post', applied, undefined, post);
    pasteSlice(resultOf(run), result, slices[at].slice, job);
    run.sample.leave();
  }
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

/** The question to the 2-D model about one slice: clicks [i, j, k] of the file. */
interface SeededSlice extends Clicks {
  slice: number;
}

/** Slices in which the largest part of the mask is smaller than this many voxels get no seed. */
const FEWEST_VOXELS = 10;

/**
 * A seed for every slice of a rough mask: the voxel of the slice's largest component that lies deepest inside it. The reference draws its
 * points at random, weighted by the distance transform; this is the most likely of them, and the same in every run.
 * Slices on which the client clicked foreground are asked about too, also where the mask has no voxel on them.
 *
 * @param mask axes XYZ, above zero is inside
 */
function seedSlices(mask: Volume, clicks: Clicks): SeededSlice[] {
  const [nx, ny, nz] = mask.shape;
  const onSlice = (points: number[][], slice: number) => points.filter((point) => point[2] === slice);
  const slices: SeededSlice[] = [];
  for (let slice = 0; slice < nz; slice++) {
    const seed = seedOf(mask, slice, nx, ny);
    const foreground = [...(seed ? [[...seed, slice]] : []), ...onSlice(clicks.foreground, slice)];
    if (foreground.length > 0) slices.push({ slice, foreground, background: onSlice(clicks.background, slice) });
  }
  return slices;
}

function seedOf(mask: Volume, slice: number, nx: number, ny: number): [number, number] | undefined {
  const data = mask.data.subarray(slice * mask.strides[2]) as NumericArray;
  const plane: Volume = { ...mask, data, shape: [nx, ny], strides: mask.strides.slice(0, 2), axes: 'XY' };
  const component = largestComponents(plane, 'faces');
  let voxels = 0;
  for (let at = 0; at < component.length; at++) voxels += component[at];
  return voxels < FEWEST_VOXELS ? undefined : deepestVoxel(component, nx, ny);
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
