import { z } from 'zod';
import { extremePoints, foregroundBox } from '../../imaging/ops/labels/foreground';
import { spatialShape, type Volume } from '../../imaging/volume';
import type { ElementType } from '../../imaging/ops/intensity/cast';
import { fieldName, onKeys, only, orNull, positive, typeOrSame, withoutEffect } from '../arguments';
import { appendChannel, ofType, singleChannel } from '../channels';
import { aiaa, clara, monai, presentFields, type ImageArguments } from '../definition';
import { boxesOf } from '../grid/clara-crops';
import { requestPoints } from '../request';
import { RequestError, type Sample } from '../sample';
import { heatChannel } from './clicks';
import { fromFileIndex, toFileIndex } from './index-space';
import { say } from '../../sentence';

const pointsName = fieldName.default('points');

clara({
  name: 'FetchExtremePoints',
  summary: 'Finds the outermost voxels of the label along each axis and answers them as indices of the uploaded image.',
  example: { image_field: 'image', label_field: 'model' },
  source: 'choice A11',
  args: z.strictObject({ image_field: fieldName, label_field: fieldName, points: pointsName }),
  yieldsPoints: ({ points }) => points,
  apply(sample, { image_field: imageField, label_field: labelField, points: name }) {
    const image = sample.volume(imageField);
    const label = singleChannel(sample.volume(labelField), labelField);
    const [current, boxes] = [spatialShape(label), boxesOf(sample, imageField)];
    sample.result[name] = extremePoints(label).map((point) => toFileIndex(point, current, image, boxes));
  },
});

const resultName = withoutEffect('metadata', fieldName.default('result'));

/** The masks among `keys`, without channel axis. */
const masks = (sample: Sample, args: ImageArguments) =>
  presentFields(sample, args).map(([, key]) => singleChannel(sample.volume(key), key));

aiaa({
  name: 'ExtremePointsd',
  summary:
    'Answers the outermost voxels of the mask along each axis, in the grid the mask has now; none for an empty mask.',
  source: 'ties: choice A11',
  args: onKeys({ result: resultName, points: pointsName }),
  yieldsPoints: ({ points }) => points,
  apply(sample, args) {
    for (const mask of masks(sample, args)) sample.result[args.points] = extremePoints(mask);
  },
});

aiaa({
  name: 'BoundingBoxd',
  summary:
    'Answers the box around the mask: lowest indices, and highest indices plus one; an empty list for an empty mask.',
  source: 'AIAA 4.1, but with three numbers per corner',
  args: onKeys({ result: resultName, bbox: fieldName.default('bbox') }),
  apply(sample, args) {
    for (const mask of masks(sample, args)) {
      const box = foregroundBox(mask);
      sample.result[args.bbox] = box ? [box.first, box.last.map((index) => index + 1)] : [];
    }
  },
});

const heatArguments = {
  sigma: positive.default(3),
  rescale_min: z.number().default(-1),
  rescale_max: z.number().default(1),
};

type HeatArguments = Record<keyof typeof heatArguments, number>;

/**
 * A channel that is hot at the extreme points, on the grid of the image: the request's points (`params.points`, indices of the file), else those of the
 * mask that `labelField` holds after the network. A mask without foreground gives a cold channel: finding nothing is a result, not a fault.
 */
function pointsChannel(
  sample: Sample,
  imageField: string,
  labelField: string | undefined,
  { sigma, rescale_min: low, rescale_max: high }: HeatArguments,
): Volume {
  const image = sample.volume(imageField);
  return heatChannel(image, findPoints(sample, imageField, image, labelField), { sigma, low, high });
}

/** Points in the grid of `image`. */
function findPoints(sample: Sample, imageField: string, image: Volume, labelField: string | undefined): number[][] {
  const current = spatialShape(image);
  const sent = requestPoints(sample.params, 'points', current.length);
  if (sent) {
    const least = 2 * current.length;
    if (sent.length < least)
      throw new RequestError(say`the parameter "points" needs at least ${least} points, got ${JSON.stringify(sent)}`);
    return sent.map((point) => fromFileIndex(point, current, image, boxesOf(sample, imageField)));
  }
  const label = labelField === undefined ? undefined : sample.volumes.get(labelField);
  if (!label || labelField === undefined)
    throw new RequestError(say`this model needs the extreme points of the object in the parameter "points"`);
  const mask = singleChannel(label, labelField);
  const from = spatialShape(mask);
  return extremePoints(mask).map((point) => point.map((p, d) => Math.trunc((p * current[d]) / from[d])));
}

/** A mask is left as it is: where image and label are one field, a channel more would spoil what the writer stores. */
function addPoints(
  sample: Sample,
  imageField: string,
  labelField: string | undefined,
  channel: Volume,
  dtype: ElementType | null,
): void {
  if (imageField === labelField) return;
  sample.volumes.set(imageField, ofType(appendChannel(sample.volume(imageField), channel), dtype));
}

clara({
  name: 'AddExtremePointsChannel',
  summary:
    'Adds a last channel that is hot at the request’s points (or the extreme points of the label); a mask is left as it is.',
  example: { image_field: 'image' },
  source: 'choices A19 and A20',
  readsParams: true,
  args: z.strictObject({
    image_field: fieldName,
    label_field: fieldName.optional(),
    dtype: typeOrSame,
    permutation: only(0, 'random offsets are for training; only permutation 0 is run'),
    ...heatArguments,
    points_channel_field: orNull(fieldName),
  }),
  apply(sample, args) {
    const { image_field: image, label_field: label, points_channel_field: target, dtype } = args;
    const channel = pointsChannel(sample, image, label, args);
    if (target) sample.volumes.set(target, ofType(channel, dtype));
    else addPoints(sample, image, label, channel, dtype);
  },
});

monai({
  name: 'AddExtremePointsChanneld',
  summary: 'Adds a last channel that is hot at the request’s points (or the extreme points of the label).',
  example: { label_key: 'label' },
  source: 'MONAI 0.8.1; choices A19 and A20',
  readsParams: true,
  args: onKeys({
    label_key: fieldName,
    background: only(0, 'the background is 0'),
    pert: only(0, 'random offsets are for training; only pert 0 is run'),
    ...heatArguments,
  }),
  apply(sample, { label_key: label, ...args }) {
    for (const [, key] of presentFields(sample, args))
      addPoints(sample, key, label, pointsChannel(sample, key, label, args), null);
  },
});
