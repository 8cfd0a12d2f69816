import { allocate, allocateUnset } from '../../../arena';
import { fail } from '../../../errors';
import { firstAxisFastest, sizeOf, type Volume } from '../../../imaging/volume';
import type { InteractionJob } from '../../../interaction';
import type { NninteractiveInferer } from '../../../model-spec';
import { requestClicks } from '../../../transforms/points/clicks';
import { translate } from '../../chain';
import { readMask, type BoxedMask } from '../../interactive/boxed-mask';
import type { ModelRun } from '../../model-run';
import { floatsOf } from '../network-values';
import { wholeOf, type Box, type Three } from './boxes';
import { channelOf, copyLabels, type Labels } from './labels';
import { predict } from './predict';
import { lookAt } from './prompts';
import type { Network } from './refinement';
import { writePrompts, type Said } from './said';

/**
 * Outlines an object by prompts: those of an interactive session, or the clicks of a request's params. The mask of the whole image, 0 and 1, goes into the output
 * field. The image comes from `NninteractiveNormalized`. Equal to nnInteractive 2.6 but for what that draws at random: centres of patches that the others leave
 * uncovered are evenly spread here.
 */
export async function runNninteractive(run: ModelRun, inferer: NninteractiveInferer): Promise<void> {
  const { job, sample, clock } = run;
  const { inputs, outputs } = job.spec.inference;
  const image = sample.volume(inputs[0].field);
  const isPrepared = image.axes === 'XYZ' && image.data instanceof Float32Array && String(image.strides) === String(firstAxisFastest(image.shape));
  if (!isPrepared) throw fail('INFERENCE_FAILED', { model: job.spec.name, what: `the field "${inputs[0].field}" was not prepared by NninteractiveNormalized, which this inferer needs` });
  // The axes of a file are those of an array in C order the other way round.
  const shape = image.shape.toReversed() as unknown as Three;
  const picture = { shape, data: image.data as Float32Array };
  const before = await masksOf(job.interaction);
  const prompts = job.interaction ? await promptsOf(job.interaction) : await clicksOf(run, image.shape);
  const { channels, intensity, look } = clock.measureNow('window', () => writePrompts(prompts, shape, inferer));
  const mask: Labels = { data: allocate(Uint8Array, sizeOf(shape)), box: wholeOf(shape) };
  if (before.mask) copyLabels(before.mask, mask);
  const place = look ?? (before.initial && lookAt(before.initial.box, inferer.patch));
  if (place) {
    const scene = { picture, channels: channels.with(inferer.channels.previous, channelOf(before.mask, shape)), intensity, options: inferer };
    const everywhere = job.interaction?.refine === true || prompts.length === 0;
    const wanted = { look: place, autoZoom: job.interaction?.autozoom ?? true, everywhere };
    const { labels, boxes } = await predict(scene, wanted, networkOf(run, inferer, channels.length));
    for (const box of boxes) copyLabels(labels, mask, box);
  }
  const volume: Volume = { ...image, data: mask.data, strides: firstAxisFastest(image.shape) };
  sample.volumes.set(outputs[0].field, volume);
} // prettier-ignore

/** The network on Triton: its mask is where the second score is the higher one. */
function networkOf({ job, context, clock }: ModelRun, { patch }: NninteractiveInferer, channels: number): Network {
  const { spec, modelVersion: version, id: requestId } = job;
  const [{ tensor: input }] = spec.inference.inputs;
  const [{ tensor: output }] = spec.inference.outputs;
  const batch = spec.triton!.max_batch_size > 0 ? [1] : [];
  const n = sizeOf(patch);
  const expected = { datatype: 'FP32' as const, shape: [...batch, 2, ...patch] };
  const scores = allocateUnset(Float32Array, 2 * n);
  const mask = allocateUnset(Uint8Array, n);
  return async (data) => {
    context.throwIfCancelled();
    const inputs = [{ name: input, datatype: 'FP32' as const, shape: [...batch, 1 + channels, ...patch], data }];
    const outputs = [{ name: output, expected, into: scores }];
    const request = { model: spec.name, version, inputs, outputs, requestId, signal: context.signal };
    const answer = await clock.measure('triton', () => context.infer(request));
    const found = floatsOf(answer.get(output)!, spec.name);
    for (let at = 0; at < n; at++) mask[at] = Number(found[n + at] > found[at]);
    return mask;
  };
}

/** A mask of a session; undefined for an empty one. */
const labelsOf = ({ box, data }: BoxedMask): Labels | undefined =>
  box === null ? undefined : { box: box as unknown as Box, data };

async function masksOf(job: InteractionJob | undefined): Promise<{ mask?: Labels; initial?: Labels }> {
  if (!job) return {};
  const [mask, initial] = await Promise.all([job.mask, job.initial].map((name) => readMask(job.folder, name)));
  return { mask: labelsOf(mask), initial: labelsOf(initial) };
}

function promptsOf({ prompts, folder }: InteractionJob): Promise<Said[]> {
  return Promise.all(
    prompts.map(async (prompt): Promise<Said> => {
      if (prompt.kind === 'point') return { ...prompt, at: prompt.at as unknown as Three };
      if (prompt.kind === 'box') return prompt;
      const mask = labelsOf(await readMask(folder, prompt.mask));
      return { ...prompt, mask: mask ?? { data: new Uint8Array(1), box: [[0, 1], [0, 1], [0, 1]] } };
    }),
  ); // prettier-ignore
}

/** The clicks of AIAA's and MONAI Label's clients, foreground last: around the last one the network looks. */
async function clicksOf({ job }: ModelRun, shape: readonly number[]): Promise<Said[]> {
  const names = { foreground: 'foreground', background: 'background' };
  const { foreground, background } = await translate(job, () => requestClicks(job.params, names, shape));
  const said = (points: readonly number[][], positive: boolean) =>
    points.map((point): Said => ({ kind: 'point', at: point.toReversed() as unknown as Three, positive }));
  return [...said(background, false), ...said(foreground, true)];
}
