import { z } from 'zod';
import { argmax } from '../../imaging/ops/labels/argmax';
import { channelAxis, channelCount, type Volume } from '../../imaging/volume';
import { fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { channelsApart } from '../map-voxels';

/** The number of the largest channel per voxel, ties to the lowest; the channel axis stays, with length 1. @throws Error without channels */
export function labelsOf(volume: Volume): Volume {
  const axis = channelAxis(volume);
  if (axis < 0)
    throw new Error(`the largest of several channels is wanted, but the image (${volume.axes}) has no channel axis`);
  const apart = channelsApart(volume);
  return { ...apart, data: argmax(apart.data, channelCount(volume)), shape: volume.shape.with(axis, 1) };
}

export const argmaxAcrossChannels = defineTransform({
  name: 'ArgmaxAcrossChannels',
  dialect: 'clara',
  summary:
    'Replaces the channels by the number of the largest one (ties: the lowest), keeping a channel axis of length 1.',
  source: 'transforms.md §4.6, choice A5',
  args: z.strictObject({ fields: fieldNames }),
  voxelWise: () => true,
  yieldsLabels: () => true,
  apply(sample, { fields }) {
    for (const field of fields) sample.volumes.set(field, labelsOf(sample.volume(field)));
  },
});
