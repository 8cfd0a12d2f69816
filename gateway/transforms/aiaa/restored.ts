import { z } from 'zod';
import { applyOrientation, orientationBetween, type Orientation } from '../../imaging/geometry';
import { nearestFloat32Map } from '../../imaging/ops/resample/axis-maps';
import { resampleNearest } from '../../imaging/ops/resample/resample-nearest';
import { channelAxis, channelCount, channelView, spatialShape, type Volume } from '../../imaging/volume';
import { fieldName, keysArguments, withoutEffect } from '../arguments';
import { defineTransform } from '../definition';
import { forEachKey } from '../monai/for-each-key';
import type { Sample } from '../sample';

/**
 * The reference resizes to the file's shape and leaves the axes as they are, so that a chain with `Orientationd` would write a turned mask.
 * Here the recorded reorientations of the reference image are undone as well (`transforms.md` §9 A18 tells the difference).
 */
export const restored = defineTransform({
  name: 'Restored',
  dialect: 'aiaa',
  summary: 'Brings a prediction back to the grid of the loaded image: nearest voxel, original axes and affine.',
  source: 'transforms.md §7.3',
  args: z.strictObject({
    ...keysArguments,
    ref_image: fieldName,
    meta_key_postfix: withoutEffect('metadata', z.string().optional()),
  }),
  apply(sample, args) {
    const reference = sample.volume(args.ref_image);
    const { originalShape, originalAffine } = reference.properties;
    if (!originalShape)
      throw new Error(`the image in "${args.ref_image}" has no original shape: it was not loaded from a file`);
    const turns = reorientations(sample, args.ref_image);
    forEachKey(sample, args, (volume) => {
      // The lengths on this side of the reorientations; undoing them brings the file's order back.
      const shape = turns.reduce((lengths, turn) => permuted(lengths, turn), originalShape);
      const resized = resizeNearest(volume, shape);
      const turned = turns.reduceRight(
        (back: Volume, turn) => applyOrientation(back, orientationBetween(UNTURNED, turn)),
        resized,
      );
      const plain = channelAxis(turned) >= 0 && turned.axes.length > 3 ? firstChannel(turned) : turned;
      return { ...plain, affine: originalAffine, properties: { ...reference.properties, asCanonical: false } };
    });
  },
});

const UNTURNED: Orientation = [0, 1, 2].map((axis) => ({ axis, sign: 1 as const }));

function reorientations(sample: Sample, field: string): Orientation[] {
  const steps = sample.history.filter((step) => step.field === field && step.transform === 'Orientationd');
  return steps.map((step) => (step.state as { turn: Orientation }).turn);
}

function permuted(lengths: readonly number[], turn: Orientation): number[] {
  const result = [...lengths];
  lengths.forEach((length, d) => (result[turn[d].axis] = length));
  return result;
}

function resizeNearest(volume: Volume, shape: readonly number[]): Volume {
  const current = spatialShape(volume);
  if (current.every((n, d) => n === shape[d])) return volume;
  return resampleNearest(volume, current.map((n, d) => (n === shape[d] ? undefined : nearestFloat32Map(n, shape[d]))));
} // prettier-ignore

/** `channelView` cut to its own length; of several channels the reference takes the first. */
function firstChannel(volume: Volume): Volume {
  return channelCount(volume) >= 1 ? channelView(volume, 0) : volume;
}
