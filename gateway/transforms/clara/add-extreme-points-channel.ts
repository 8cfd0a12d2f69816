import { z } from 'zod';
import { extremePoints } from '../../imaging/ops/labels/extreme-points';
import { heatMap } from '../../imaging/ops/labels/heat-map';
import { firstAxisFastest, spatialShape, type Volume } from '../../imaging/volume';
import { appendChannel } from '../append-channel';
import { fieldName, positive } from '../arguments';
import { boxesOf } from '../box-steps';
import { defineTransform } from '../definition';
import { ofType, typeOrSame } from '../element-type';
import { fromFileIndex } from '../index-space';
import { requestPoints } from '../request-points';
import { RequestError, type Sample } from '../sample';
import { singleChannel } from './fetch-extreme-points';

/**
 * Adds a channel that is hot at the extreme points.
 *
 * Before the network the points are the request's (`params.points`, indices of the file). After the network, where `label_field` holds the
 * mask, they are the request's if it has any, else those of the mask; a mask without foreground gives a cold channel, since finding nothing
 * is a result and no fault. The mask itself is never touched: when `image_field` names the same field as `label_field`, adding a channel
 * would spoil what the writer stores, so the channel then goes to `points_channel_field` or nowhere.
 */
export const addExtremePointsChannel = defineTransform({
  name: 'AddExtremePointsChannel',
  dialect: 'clara',
  summary:
    'Adds a last channel that is hot at the request’s points (or the extreme points of the label); a mask is left as it is.',
  source: 'transforms.md §4.7, choices A19 and A20',
  readsParams: true,
  args: z.strictObject({
    image_field: fieldName,
    label_field: fieldName.optional(),
    dtype: typeOrSame,
    sigma: positive.default(3),
    permutation: z.literal(0, { error: 'random offsets are for training; only permutation 0 is run' }).default(0),
    rescale_min: z.number().default(-1),
    rescale_max: z.number().default(1),
    points_channel_field: fieldName.nullable().default(null),
  }),
  apply(
    sample,
    {
      image_field: imageField,
      label_field: labelField,
      sigma,
      rescale_min: low,
      rescale_max: high,
      points_channel_field: target,
      dtype,
    },
  ) {
    const image = sample.volume(imageField);
    const shape = spatialShape(image);
    const data = heatMap(shape, findPoints(sample, imageField, image, labelField), { sigma, low, high });
    const channel: Volume = {
      ...image,
      data,
      shape,
      strides: firstAxisFastest(shape),
      axes: image.axes.replace('C', '') as Volume['axes'],
    };
    if (target) sample.volumes.set(target, ofType(channel, dtype));
    else if (imageField !== labelField) sample.volumes.set(imageField, ofType(appendChannel(image, channel), dtype));
  },
});

/** Points in the grid of `image`. */
function findPoints(sample: Sample, imageField: string, image: Volume, labelField: string | undefined): number[][] {
  const current = spatialShape(image);
  const sent = requestPoints(sample.params, 'points', current.length);
  if (sent) {
    const least = 2 * current.length;
    if (sent.length < least)
      throw new RequestError(`the parameter "points" needs at least ${least} points, got ${JSON.stringify(sent)}`);
    return sent.map((point) => fromFileIndex(point, current, image, boxesOf(sample, imageField)));
  }
  const label = labelField === undefined ? undefined : sample.volumes.get(labelField);
  if (!label || labelField === undefined)
    throw new RequestError('this model needs the extreme points of the object in the parameter "points"');
  const mask = singleChannel(label, labelField);
  const from = spatialShape(mask);
  return extremePoints(mask).map((point) => point.map((p, d) => Math.trunc((p * current[d]) / from[d])));
}
