import { firstAxisFastest, type Volume } from '../../../imaging/volume';
import type { NnunetInferer } from '../../../model-spec';
import type { NnunetGrid } from '../../../transforms/nnunet/preprocess';
import type { ModelRun } from '../../model-run';
import { labelsOf, type LabelMap } from './label-map';
import { NetworkScores } from './network-scores';

/**
 * One network of nnU-Net: windows of the preprocessed image, their scores summed, resampled to the image's grid and
 * decided plane by plane; the labels go into the output field. Equal to `nnUNetPredictor` of nnunetv2 2.8.1.
 * @example
 * // "inference": { "name": "NnunetInference", "args": { "patch_size": [96, 128, 128], "heads": 2 }, … }
 * await runNnunet(run, inferer);
 */
export async function runNnunet(run: ModelRun, inferer: NnunetInferer): Promise<void> {
  const { job, sample, clock } = run;
  const scores = new NetworkScores(run, inferer);
  const labels = await labelsOf(scores, counted(clock, scores.windows));
  sample.volumes.set(job.spec.inference.outputs[0].field, maskOf(labels, scores.grid));
}

/** Tells the client how many windows of all are done. */
export function counted(clock: ModelRun['clock'], windows: number): (count: number) => void {
  let done = 0;
  clock.advance(done, windows);
  return (count) => clock.advance((done += count), windows);
}

/** The labels as a volume in file order. The writer puts it where the loaded image lay. */
export function maskOf({ data }: LabelMap, { letters, full }: NnunetGrid): Volume {
  const shape = (['X', 'Y', 'Z'] as const).map((letter) => full[letters.indexOf(letter)]);
  return { data, shape, strides: firstAxisFastest(shape), axes: 'XYZ', properties: {} };
}
