import { z } from 'zod';
import { roundHalfToEven } from '../../imaging/ops/resample/round-half-to-even';
import { allocateUnset, release } from '../../arena';
import { niftiGridOf } from '../../imaging/formats/nifti/result-geometry';
import { spacingOf } from '../../imaging/geometry';
import { boundsOfNonzero, type NonzeroBox } from '../../imaging/ops/crop/nonzero-box';
import { fillHoles } from '../../imaging/ops/labels/components';
import { resampleToShape } from '../../imaging/ops/resample/resample-to-shape';
import { resampleAsTorch } from '../../imaging/ops/resample/torch-linear';
import { splineBytes } from '../../imaging/ops/resample/spline-passes';
import { copyBox } from '../../imaging/simd/copy';
import {
  channelAxis,
  channelCount,
  channelView,
  lastAxisFastest,
  sizeOf,
  spatialAxes,
  type Volume,
} from '../../imaging/volume';
import * as arg from '../arguments';
import { monai } from '../definition';
import { normalize, normalizationSchema, type Normalization } from './normalizing';

/** The image before it was prepared, in nnU-Net's order of axes: enough to turn its scores back into a mask of the file. */
export interface NnunetGrid {
  /** The file's axes (X, Y, Z) in the order of the prepared image's. */
  letters: readonly ('X' | 'Y' | 'Z')[];
  /** Lengths of the whole image, and the part that is not zero. */
  full: readonly number[];
  box: NonzeroBox;
  /** mm per voxel: the image's, and that of the network. */
  spacing: readonly number[];
  target: readonly number[];
}

/** The value of a sample with the labels of a cascade's first stage on the file's grid, axes XYZ: what has one counts as inside of the mask, as in nnU-Net. */
export const FIRST_STAGE = 'nnunet first stage';

const axis = z.int().min(0).max(2);
const resampling = z.strictObject({
  order: z.union([z.literal(0), z.literal(1), z.literal(3)]).default(3),
  force_separate_z: z.boolean().nullable().default(null),
  threshold: arg.positive.default(3),
  /** As nnU-Net's planners for torch: linearly in float32, whatever the order. */
  torch: z.boolean().optional(),
});

const args = arg.onKeys({
  /** Names of the channels, in order; for messages. */
  channels: z.array(z.string()).min(1),
  /** Order of the axes, of an array with Z, Y and X. */
  transpose_forward: z.tuple([axis, axis, axis]).default([0, 1, 2]),
  /** mm per voxel that the network was trained on, axes as transposed; two for a network of slices. */
  spacing: z.array(arg.positive).min(2).max(3),
  normalization: z.array(normalizationSchema).min(1),
  resampling: resampling.nullable().default(null),
});

type Args = z.output<typeof args>;

monai({
  name: 'NnunetPreprocessd',
  summary:
    'What nnU-Net does to an image before its network: axes Z, Y, X transposed, the part that is not zero cut out, each channel normalized, resampled to the spacing of training.',
  source: 'nnU-Net 2.8 DefaultPreprocessor',
  example: { channels: ['CT'], spacing: [1.5, 1, 1], normalization: [{ scheme: 'ZScoreNormalization' }] },
  args,
  grid(volume, given) {
    const letters = lettersOf(given, volume);
    const target = targetOf(given, spacingAlong(volume, letters));
    const scale = spacingAlong(volume, letters).map((mm, d) => (given.resampling ? mm / target[d] : 1));
    const resized = (n: number, d: number) => Math.max(1, Math.round(n * scale[d]));
    const lengths = spatialAxes(volume).map((d) => resized(volume.shape[d], letters.findIndex((letter) => letter === volume.axes[d])));
    const from = letters.map((letter) => volume.shape[volume.axes.indexOf(letter)] ?? 1);
    // Fastest axis first.
    const work = given.resampling?.order === 3 && !given.resampling.torch ? splineBytes(from.toReversed(), from.map(resized).reverse()) : 0;
    return { lengths, work };
  },
  change(volume, given, { record, sample, field }) {
    const letters = lettersOf(given, volume);
    const along = (values: readonly number[], missing: number) =>
      letters.map((letter) => values[volume.axes.indexOf(letter)] ?? missing);
    const channels = channelCount(volume);
    if (channels !== given.channels.length) throw new Error(`the model takes ${given.channels.length} channel(s) (${given.channels.join(', ')}), and the image has ${channels}${howToSend(given)}`);
    if (given.normalization.length !== channels)
      throw new Error(`normalization has ${given.normalization.length} entries for ${channels} channel(s)`);
    const full = along(volume.shape, 1);
    const strides = along(volume.strides, 0);
    const views = channelsOf(volume);
    const box = boundsOfNonzero(views, full, strides);
    // What nobody else reads is normalized where it lies, or given back before the image is resampled.
    const isAlone = sample.holdsAlone(field);
    const cut = (isAlone && asItLies(volume, strides, box)) || cutBox(views, strides, box);
    if (isAlone && cut.data !== volume.data) release(volume.data);
    const spacing = spacingAlong(volume, letters);
    const target = targetOf(given, spacing);
    const inside = given.normalization.some(({ use_mask }) => use_mask) ? filledMask(cut) : undefined;
    const labels = sample.values.get(FIRST_STAGE) as Volume | undefined;
    if (inside && labels) addLabelled(inside, labels, letters, box);
    given.normalization.forEach((how: Normalization, c) => {
      const sentence = normalize(channelView(cut, c).data.subarray(0, sizeOf(box.size)) as Float32Array, how, inside);
      if (sentence) sample.warn(`Channel ${c} of "${field}" ${sentence}.`);
    });
    record({ letters, full, box, spacing, target } satisfies NnunetGrid);
    const lengths = box.size.map((n, d) => roundHalfToEven((spacing[d] / target[d]) * n));
    if (lengths.some((n) => n < 1))
      throw new Error(`resampled from ${spacing.join(' × ')} to ${target.join(' × ')} mm the image of ${box.size.join(' × ')} voxels would have none`);
    if (!given.resampling) return cut;
    const { order, force_separate_z: forceSeparateZ, threshold, torch } = given.resampling;
    if (torch) return resampleAsTorch(cut, lengths, spacing, target, { forceSeparateZ, threshold });
    return resampleToShape(cut, lengths, spacing, target, { order, forceSeparateZ, threshold });
  },
}); // prettier-ignore

/** Where the model takes several channels. */
function howToSend({ channels: { length } }: Args): string {
  if (length < 2) return '';
  return `; send a file for each, in this order, as the form files image0 to image${length - 1}, or one file with four axes`;
}

/** The file's axes in nnU-Net's order. Axis X of a picture is its rows, which nnU-Net takes first. */
function lettersOf({ transpose_forward: order }: Args, { affine, axes }: Volume): NnunetGrid['letters'] {
  const isPicture = !affine && !axes.includes('Z');
  return order.map((at) => (isPicture ? (['Z', 'X', 'Y'] as const) : (['Z', 'Y', 'X'] as const))[at]);
}

const spacingAlong = (volume: Volume, letters: NnunetGrid['letters']) =>
  letters.map((letter) => spacingsOf(volume)['XYZ'.indexOf(letter)]);

/** Slices of a 2-D network keep their distance. */
const targetOf = ({ spacing }: Args, [across]: readonly number[]) =>
  spacing.length === 2 ? [across, ...spacing] : spacing;

/** X, Y, Z in mm. The numbers of a NIfTI header are float32, from which other readers start. */
function spacingsOf(volume: Volume): number[] {
  if (!volume.affine) return [1, 1, 999];
  const exact = spacingOf(volume.affine);
  const spacing = niftiGridOf(volume.properties) ? exact.map(Math.fround) : exact;
  // A picture lies across an axis that no network resamples.
  return volume.axes.includes('Z') ? spacing : [spacing[0], spacing[1], 999 * Math.max(spacing[0], spacing[1])];
}

/**
 * Where any channel is not zero, with what that encloses: 1 or 0 for each voxel of the box, last axis fastest.
 * @param volume the image as it was loaded
 */
export function nonzeroMask(volume: Volume, { letters, box }: NnunetGrid): Uint8Array {
  const strides = letters.map((letter) => volume.strides[volume.axes.indexOf(letter)] ?? 0);
  return filledMask(cutBox(channelsOf(volume), strides, box));
}

const channelsOf = (volume: Volume) =>
  Array.from({ length: channelCount(volume) }, (_, c) => (channelAxis(volume) < 0 ? volume : channelView(volume, c)).data); // prettier-ignore

function cutBox(views: readonly Volume['data'][], strides: readonly number[], { start, size }: NonzeroBox): Volume<Float32Array> {
  const length = sizeOf(size);
  const data = allocateUnset(Float32Array, length * views.length);
  const at = start.reduce((sum, n, d) => sum + n * strides[d], 0);
  const dense = lastAxisFastest(size);
  views.forEach((from, c) => copyBox(size, { data: from, at, strides }, { data, at: c * length, strides: dense }));
  return { data, shape: [views.length, ...size], strides: [length, ...dense], axes: 'CXYZ', properties: {} };
} // prettier-ignore

/** The voxels themselves as {@link cutBox} would copy them, if they lie so. */
function asItLies(volume: Volume, strides: readonly number[], { size }: NonzeroBox): Volume<Float32Array> | undefined {
  const { data } = volume;
  const length = sizeOf(size);
  const dense = lastAxisFastest(size);
  const channels = channelCount(volume);
  const step = channels > 1 ? volume.strides[channelAxis(volume)] : length;
  const lies = data instanceof Float32Array && data.length === channels * length && step === length && dense.every((one, d) => size[d] === 1 || one === strides[d]);
  return lies ? { data, shape: [channels, ...size], strides: [length, ...dense], axes: 'CXYZ', properties: {} } : undefined;
} // prettier-ignore

/** Where any channel is not zero, with what that encloses. */
function filledMask({ data, shape: [channels, ...size] }: Volume): Uint8Array {
  const length = sizeOf(size);
  const mask = allocateUnset(Uint8Array, length);
  for (let i = 0; i < length; i++) {
    let some = 0;
    for (let c = 0; c < channels; c++) if (data[c * length + i] !== 0) some = 1;
    mask[i] = some;
  }
  fillHoles(mask, size.toReversed(), 'faces');
  return mask;
}

function addLabelled(mask: Uint8Array, labels: Volume, letters: NnunetGrid['letters'], { start, size }: NonzeroBox): void {
  const [sz, sy, sx] = letters.map((letter) => labels.strides[labels.axes.indexOf(letter)]);
  let i = 0;
  for (let z = 0; z < size[0]; z++)
    for (let y = 0; y < size[1]; y++) {
      let at = (start[0] + z) * sz + (start[1] + y) * sy + start[2] * sx;
      for (let x = 0; x < size[2]; x++, at += sx, i++) if (labels.data[at] !== 0) mask[i] = 1;
    }
} // prettier-ignore
