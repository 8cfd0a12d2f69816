import { z } from 'zod';
import { extremePoints } from '../../imaging/ops/labels/extreme-points';
import { channelAxis, channelCount, channelView, spatialShape, type Volume } from '../../imaging/volume';
import { fieldName } from '../arguments';
import { boxesOf } from '../box-steps';
import { defineTransform } from '../definition';
import { toFileIndex } from '../index-space';

/** A label without its channel axis. @throws Error when it has several channels */
export function singleChannel(volume: Volume, field: string): Volume {
  if (channelCount(volume) !== 1)
    throw new Error(`the label in "${field}" has ${channelCount(volume)} channels, one is expected`);
  return channelAxis(volume) < 0 ? volume : channelView(volume, 0);
}

export const fetchExtremePoints = defineTransform({
  name: 'FetchExtremePoints',
  dialect: 'clara',
  summary: 'Finds the outermost voxels of the label along each axis and answers them as indices of the uploaded image.',
  source: 'transforms.md §4.7, choice A11',
  args: z.strictObject({ image_field: fieldName, label_field: fieldName, points: z.string().min(1).default('points') }),
  yieldsPoints: ({ points }) => points,
  apply(sample, { image_field: imageField, label_field: labelField, points: name }) {
    const image = sample.volume(imageField);
    const label = singleChannel(sample.volume(labelField), labelField);
    const current = spatialShape(label);
    const boxes = boxesOf(sample, imageField);
    sample.result[name] = extremePoints(label).map((point) => toFileIndex(point, current, image, boxes));
  },
});
