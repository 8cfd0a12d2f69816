import { z } from 'zod';
import { applyAffine, invert, multiply } from '../../imaging/geometry';
import { spatialLetters, spatialShape, type Volume } from '../../imaging/volume';
import { fieldName, integer, metadataArguments, onKeys, only, positive } from '../arguments';
import { monai } from '../definition';
import { checkInside, withClickChannels } from './clicks';
import { requestPoints } from '../request';
import { RequestError, type RequestParams, type Sample } from '../sample';
import { say } from '../../sentence';

/** Clicks by the name of the label they stand for, in the order of the network's channels. Points are in the order of the array's axes. */
type LabelClicks = Record<string, number[][]>;

/** The labels of a DeepEdit model, in the order of its click channels: `{ "spleen": 1, "background": 0 }`, or only the names. */
const labelNames = z
  .union([z.array(z.string().min(1)).min(1), z.record(z.string().min(1), z.unknown())], {
    error: 'expected the names of the labels, such as { "spleen": 1, "background": 0 }',
  })
  .transform((given) => (Array.isArray(given) ? given : Object.keys(given)))
  .refine((names) => names.length > 0, { error: 'expected at least one label' });

/**
 * The clicks of each label. A step before may have turned them (`sample.values`), else they are the request's, in voxels of the file.
 * DeepEdit's own clients send `{ "spleen": [[i, j, k], ...], "background": [...] }`; AIAA's know `foreground` only, which is the label that
 * the parameter `label` names, or the only one that is not the background. A label without clicks has an empty list: that is allowed.
 * @throws RequestError for clicks outside the image, or `foreground` clicks of which nothing says the label
 */
function clicksOfLabels(sample: Sample, names: readonly string[], image: Volume): LabelClicks {
  const { params, values } = sample;
  const clicked = foregroundLabel(params, names);
  const entries = names.map((name): [string, number[][]] => {
    if (values.has(name)) return [name, values.get(name) as number[][]];
    const sent = requestPoints(params, name, 3) ?? (name === clicked ? requestPoints(params, 'foreground', 3) : undefined);
    const points = sent ?? [];
    const shape = image.properties.originalShape;
    if (shape) checkInside(name, points, shape);
    return [name, points];
  });
  return Object.fromEntries(entries);
} // prettier-ignore

function foregroundLabel(params: RequestParams, names: readonly string[]): string | undefined {
  const clicks = requestPoints(params, 'foreground', 3);
  if (!clicks || clicks.length === 0 || names.includes('foreground')) return undefined;
  const organs = names.filter((name) => name !== 'background');
  if (typeof params.label === 'string' && names.includes(params.label)) return params.label;
  if (organs.length === 1) return organs[0];
  if (organs.some((name) => params[name] !== undefined)) return undefined;
  throw new RequestError(
    say`"foreground" clicks do not say which label they are for: name it with "label", or send them as "${organs.join('", "')}"`,
  );
}

/** The clicks in `field`. @throws Error when no step made them */
function labelClicksOf(sample: Sample, field: string): LabelClicks {
  const clicks = sample.values.get(field);
  if (!clicks) throw new Error(`there is no guidance in "${field}": AddGuidanceFromPointsDeepEditd must come first`);
  return clicks as LabelClicks;
}

/** Every click through `move`. */
function movedClicks(clicks: LabelClicks, move: (point: number[]) => number[]): LabelClicks {
  return Object.fromEntries(Object.entries(clicks).map(([name, points]) => [name, points.map(move)]));
}

/**
 * Length now / length of the file along each axis of the array as it lies now, turned or not. The reference takes the file's own order, so that
 * it scales clicks on a permuted image by the lengths of other axes; that is not followed.
 * @throws Error for an image that is not a volume from a file
 */
function scalesOf(image: Volume, field: string): number[] {
  const { axes, affine, properties } = image;
  const { originalShape, originalAffine } = properties;
  if (spatialLetters(image) !== 'XYZ')
    throw new Error(`clicks of labels need a volume in file order, "${field}" has the axes ${axes}`);
  if (!originalShape) throw new Error(`"${field}" has no original shape: it was not loaded from a file`);
  const toFile = affine && originalAffine && multiply(invert(originalAffine), affine);
  return spatialShape(image).map((n, d) => {
    if (!toFile) return n / originalShape[d];
    const along = [0, 4, 8].map((row) => Math.abs(toFile[row + d]));
    return n / originalShape[along.indexOf(Math.max(...along))];
  });
}

/** Indices this close to a whole number are that number: the matrices are floating-point, and clicks are cut down later. */
const NOISE = 1e-4;

function withoutNoise(index: number): number {
  const whole = Math.round(index);
  return Math.abs(index - whole) < NOISE ? whole : index;
}

monai({
  name: 'OrientationGuidanceMultipleLabelDeepEditd',
  summary: 'Takes the request’s clicks of each label from the file’s grid into that of the turned image.',
  example: { label_names: ['spleen', 'background'] },
  source:
    'scripts/transforms.py of the zoo’s spleen_deepedit_annotation; floating-point noise beside whole voxels is taken away',
  readsParams: true,
  args: z.strictObject({ ref_image: fieldName.default('image'), label_names: labelNames }),
  apply(sample, { ref_image: field, label_names: names }) {
    const image = sample.volume(field);
    const { originalAffine } = image.properties;
    const clicks = clicksOfLabels(sample, names, image);
    const toCurrent = image.affine && originalAffine && multiply(invert(image.affine), originalAffine);
    const turned = toCurrent ? movedClicks(clicks, (point) => applyAffine(toCurrent, point).map(withoutNoise)) : clicks;
    for (const [name, points] of Object.entries(turned)) sample.values.set(name, points);
  },
});

const source = 'MONAI 1.5.2 apps.deepedit; the lengths of a turned image are those of its own axes';

monai({
  name: 'AddGuidanceFromPointsDeepEditd',
  kind: 'clicks',
  summary:
    'Makes guidance of the clicks of each label: times length now / length of the file along each axis, cut down. Labels may have no clicks.',
  example: { ref_image: 'image', guidance: 'guidance', label_names: ['spleen', 'background'] },
  source,
  readsParams: true,
  args: z.strictObject({
    ref_image: fieldName,
    guidance: fieldName.default('guidance'),
    label_names: labelNames,
    ...metadataArguments,
  }),
  apply(sample, { ref_image: field, guidance, label_names: names }) {
    const image = sample.volume(field);
    const scales = scalesOf(image, field);
    const resize = (point: number[]) => point.map((p, d) => Math.trunc(Math.trunc(p) * scales[d]));
    sample.values.set(guidance, movedClicks(clicksOfLabels(sample, names, image), resize));
  },
});

monai({
  name: 'ResizeGuidanceMultipleLabelDeepEditd',
  summary:
    'Takes the clicks of each label along when the image was resized: times length now / length of the file, cut down.',
  example: { guidance: 'guidance', ref_image: 'image' },
  source,
  readsParams: true,
  args: z.strictObject({ guidance: fieldName, ref_image: fieldName }),
  apply(sample, { guidance, ref_image: field }) {
    const scales = scalesOf(sample.volume(field), field);
    const resize = (point: number[]) => point.map((p, d) => Math.trunc(p * scales[d]));
    sample.values.set(guidance, movedClicks(labelClicksOf(sample, guidance), resize));
  },
});

const intensityChannels = integer.positive().default(1);

monai({
  name: 'AddGuidanceSignalDeepEditd',
  summary: 'Adds a channel per label, hot (1) at its clicks; cold (0) where there are none.',
  source: 'MONAI 1.5.2 apps.deepedit',
  readsParams: true,
  args: onKeys({
    guidance: fieldName.default('guidance'),
    sigma: positive.default(3),
    number_intensity_ch: intensityChannels,
  }),
  change: (volume, { guidance, sigma, number_intensity_ch: intensities }, { sample }) =>
    withClickChannels(volume, intensities, Object.values(labelClicksOf(sample, guidance)), sigma),
});

/** With `probability` 1 there is nothing random in it: how DeepEdit models are run without clicks. */
monai({
  name: 'DiscardAddGuidanced',
  summary: 'Sets the click channels of all labels to 0, or adds them so.',
  example: { label_names: ['spleen', 'background'] },
  source: 'MONAI 1.5.2 apps.deepedit',
  args: onKeys({
    number_intensity_ch: intensityChannels,
    probability: only(1, 'below 1 it discards clicks at random, which is for training'),
    label_names: labelNames,
  }),
  change(volume, { label_names: names, number_intensity_ch: intensities }) {
    const none = names.map(() => []);
    return withClickChannels(volume, intensities, none, 1);
  },
});
