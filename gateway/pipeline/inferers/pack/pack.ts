import { allocate } from '../../../arena';
import { fail } from '../../../errors';
import { keepLargestComponent, removeSmallComponents } from '../../../imaging/ops/labels/components';
import {
  channelAxis,
  channelView,
  firstAxisFastest,
  sizeOf,
  type NumericArray,
  type Volume,
} from '../../../imaging/volume';
import type { NnunetInferer, PackInferer, PackStage } from '../../../model-spec';
import { known, say } from '../../../sentence';
import { findTransform } from '../../../transforms/registry';
import { runChain } from '../../chain';
import { inStep, type ModelRun } from '../../model-run';
import { runNnunet } from '../nnunet/nnunet';
import {
  asWhole,
  atSpacing,
  boxAround,
  cutTo,
  lossBySmallNumbers,
  onWholeGrid,
  spacingOfImage,
  type Box,
} from './grid';
import { partsWith, readyPart, smallBlobs, wantedLabels, type ReadyPart } from './labels';

/**
 * TotalSegmentator 2.18's way around nnU-Net: a rough model crops the image, it is resampled and cut to whole numbers, the parts segment it without mirroring, their
 * labels are put over each other, cleaned, and brought back to the image's grid voxel by nearest voxel.
 */
export async function runPack(run: ModelRun, inferer: PackInferer): Promise<void> {
  const { job, sample, clock } = run;
  const { spec } = job;
  const [{ field }] = spec.inference.inputs;
  const wanted = wantedLabels(job.params, spec);
  const stage = { ...inferer, cleaning: [...inferer.cleaning, ...smallBlobs(job.params)] };
  const parts = partsWith(inferer.parts.map((part) => readyPart(job, part, spec.labels)), wanted);
  const image = oneVolume(run, field);
  for (const { job: { spec: part } } of parts)
    if ((part.inference.inferer as NnunetInferer).mirrored)
      sample.warn(say`Its part "${known(part.name)}" mirrors each window, which takes longer and which TotalSegmentator does not do; upload it with mirroring=off.`);
  const loss = clock.measureNow('pre', () => lossBySmallNumbers(image));
  if (loss) sample.warn(loss);
  const box = await cropBox(run, inferer, image, wanted);
  if (!box) sample.warn(say`The rough model found nothing of what was to be segmented, so that the mask is empty.`);
  const labels = box && (await inStep(run, () => segment(run, stage, parts, spec.labels, box.isCrop ? asWhole(cutTo(image, box.box)) : image)));
  await inStep(run, () => {
    const result = labels ?? emptyLike(image, spec.labels);
    if (wanted) keepOnly(result, wanted);
    const whole = image.shape.map((n): [number, number] => [0, n]);
    sample.volumes.set(spec.inference.outputs[0].field, onWholeGrid(result, box?.box ?? whole, image));
  });
} // prettier-ignore

/** The first volume of the image. @throws IMAGE_DOES_NOT_FIT for a picture */
function oneVolume({ job, sample }: ModelRun, field: string): Volume {
  const image = sample.volume(field);
  if (!image.axes.includes('Z')) throw fail('IMAGE_DOES_NOT_FIT', { model: job.spec.name, what: say`it is a picture, and the model takes volumes` });
  if (channelAxis(image) < 0) return image;
  sample.warn(say`The image has ${image.shape[channelAxis(image)]} channels, of which the first is segmented.`);
  return channelView(image, 0);
} // prettier-ignore

/** Where the image is looked at: all of it, or around what the rough model finds; undefined where that finds nothing. */
async function cropBox(run: ModelRun, { rough, crop }: PackInferer, image: Volume, wanted?: readonly number[]): Promise<{ box: Box; isCrop: boolean } | undefined> {
  const { spec } = run.job;
  const names = crop ?? wanted?.map((value) => spec.labels[value - 1]);
  if (!rough || !names) return { box: image.shape.map((n): [number, number] => [0, n]), isCrop: false };
  const own = (rough.labels ?? run.job.related![rough.model].spec.labels).map((name) => name ?? '');
  const unknown = names.filter((name) => !own.includes(name));
  if (unknown.length > 0)
    throw fail('MODEL_NOT_READY', { model: spec.name, what: `its rough model "${rough.model}" has no label ${unknown.slice(0, 5).join(', ')}, around which to crop` });
  const part = readyPart(run.job, rough, own);
  return inStep(run, async () => {
    const work = { ...run, sample: run.sample.branch({}) };
    const labels = onWholeGrid(await segment(work, rough, [part], own, image), image.shape.map((n) => [0, n]), image);
    work.sample.leave();
    const box = boxAround(labels, names.map((name) => own.indexOf(name) + 1), rough.margin, image);
    return box && { box, isCrop: true };
  });
} // prettier-ignore

/** The parts' labels, cleaned, on the grid of the resampled image. */
async function segment(run: ModelRun, stage: PackStage, parts: readonly ReadyPart[], labels: readonly string[], image: Volume): Promise<Volume> {
  const { job, sample, clock } = run;
  const [{ field }] = job.spec.inference.inputs;
  const resampled = clock.measureNow('pre', () => atSpacing(image, stage.spacing));
  // Holds the image that the parts share: each part's steps give back what no sample of the request holds.
  const shared = sample.branch({});
  shared.volumes.set(field, resampled);
  const merged = emptyLike(resampled, labels);
  for (const part of parts) {
    await inStep(run, async () => {
      const { spec } = part.job;
      const begun: ModelRun = { ...run, job: part.job, sample: shared.branch({}) };
      const pre = spec.pre.filter(({ name }) => findTransform(name)?.kind !== 'load');
      const name = `"${spec.name}"`;
      await runChain(begun, { name: `${name} pre_transforms`, stage: 'pre', steps: pre, first: spec.pre.length - pre.length });
      await runNnunet(begun, { ...(spec.inference.inferer as NnunetInferer), step: stage.step });
      await runChain(begun, { name: `${name} post_transforms`, stage: 'post', steps: spec.post });
      clock.measureNow('post', () => put(begun.sample.volume(spec.inference.outputs[0].field), part.table, merged));
      begun.sample.leave();
    });
  }
  shared.leave();
  return clean(merged, stage.cleaning, labels);
} // prettier-ignore

/** Labels of a part over those of earlier parts. Both X fastest. */
function put({ data: from }: Volume, table: Uint16Array, { data: to }: Volume): void {
  for (let i = 0; i < from.length; i++) {
    const label = table[from[i]];
    if (label !== 0) to[i] = label;
  }
}

function emptyLike({ shape, affine }: Volume, labels: readonly string[]): Volume {
  const data = labels.length < 256 ? allocate(Uint8Array, sizeOf(shape)) : allocate(Uint16Array, sizeOf(shape));
  return { data, shape, strides: firstAxisFastest(shape), axes: 'XYZ', affine, properties: {} };
}

/** Without the components that are to be removed. TotalSegmentator reckons in float32, as the voxel sizes of a NIfTI header are. */
function clean(labels: Volume, cleaning: PackStage['cleaning'], names: readonly string[]): Volume {
  return cleaning.reduce((volume, one) => {
    const only = one.labels?.map((name) => names.indexOf(name) + 1);
    if ('keep' in one) return keepLargestComponent(volume, { labels: only, independent: 'each', connectivity: 'faces' });
    const [x, y, z] = spacingOfImage(labels);
    const most = Math.fround(one.atMost / Math.fround(Math.fround(x * y) * z));
    return removeSmallComponents(volume, Math.floor(most) + 1, 'faces', only);
  }, labels);
} // prettier-ignore

function keepOnly({ data }: { data: NumericArray }, wanted: readonly number[]): void {
  const isWanted = new Uint8Array(65536);
  for (const value of wanted) isWanted[value] = 1;
  for (let i = 0; i < data.length; i++) if (isWanted[data[i]] === 0) data[i] = 0;
}
