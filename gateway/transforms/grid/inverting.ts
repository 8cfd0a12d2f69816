import { z } from 'zod';
import { applyOrientation, inverseOrientation, type Orientation } from '../../imaging/geometry';
import { nearestFloat32Map } from '../../imaging/ops/resample/axis-maps';
import { resampleNearest } from '../../imaging/ops/resample/resample-nearest';
import { channelAxis, channelView, spatialShape, type Volume } from '../../imaging/volume';
import * as arg from '../arguments';
import { aiaa, changeImages, inverses, monai } from '../definition';
import { orientationd, type TurnState } from './turns';

// As bundles and AIAA's configs name the chain; its steps are recorded, so nothing is looked up.
const ownChain = /^\$?\s*(copy\.deepcopy\(\s*@(preprocessing|pre_transforms)\s*\)|@(preprocessing|pre_transforms))\s*$/;

/** Steps were recorded with all they need (`Sample.history`): nothing is derived a second time, the affine comes back number for number. */
monai({
  name: 'Invertd',
  summary:
    'Undoes on a prediction what the pre-transforms did to the grid of `orig_keys`, last step first: nearest voxel, or in the modes of the steps.',
  source: 'MONAI 1.5.2',
  args: arg.onKeys({
    transform: z
      .string()
      .regex(ownChain, { error: 'only the model’s own pre-transforms ("@preprocessing") are undone' })
      .optional(),
    orig_keys: arg.orNull(arg.fieldNames),
    nearest_interp: arg.perKey(arg.flag).default(true),
    post_func: z.null({ error: 'a function of one’s own cannot be run; use transforms after it' }).optional(),
    to_tensor: arg.withoutEffect('container', arg.perKey(arg.flag).default(true)),
    device: arg.withoutEffect('container'),
    orig_meta_keys: arg.withoutEffect('metadata'),
    ...arg.metadataArguments,
  }),
  change(volume, { orig_keys: originals, nearest_interp: nearests }, { sample, field, index }) {
    const from = originals?.[originals.length === 1 ? 0 : index] ?? field;
    const steps = sample.history.filter((step) => step.field === from);
    const reference = sample.volumes.get(from);
    const [now, expected] = [volume, reference].map((image) => image && spatialShape(image).join(', '));
    if (reference && now !== expected)
      throw new Error(
        `"${field}" has the spatial shape [${now}], but "${from}", whose steps are undone, has [${expected}]`,
      );
    const nearest = arg.valueFor(nearests, index);
    const start: Volume = { ...volume, affine: reference?.affine ?? volume.affine };
    const back = steps.reduceRight<Volume>((image, { transform, state }) => {
      const undo = inverses.get(transform);
      if (!undo) throw new Error(`${transform} cannot be undone by Invertd; RestoreLabeld is made for it`);
      return undo(image, state, nearest);
    }, start);
    return { ...back, properties: { ...reference?.properties, ...back.properties } };
  },
});

/**
 * The reference resizes to the file's shape and leaves the axes as they are, so that a chain with `Orientationd` would write a turned mask.
 * Here the recorded reorientations of the reference image are undone as well (choice A18).
 */
aiaa({
  name: 'Restored',
  summary: 'Brings a prediction back to the grid of the loaded image: nearest voxel, original axes and affine.',
  example: { ref_image: 'image' },
  source: 'choice A18',
  args: arg.onKeys({
    ref_image: arg.fieldName,
    meta_key_postfix: arg.withoutEffect('metadata', z.string().optional()),
  }),
  apply(sample, args, options) {
    const reference = sample.volume(args.ref_image);
    const { originalShape, originalAffine } = reference.properties;
    if (!originalShape)
      throw new Error(`the image in "${args.ref_image}" has no original shape: it was not loaded from a file`);
    const turns = sample.history
      .filter((step) => step.field === args.ref_image && step.transform === orientationd.name)
      .map(({ state }) => (state as TurnState).turn);
    // The lengths on this side of the reorientations; undoing them brings the file's order back.
    const shape = turns.reduce(permuted, originalShape);
    changeImages('Restored', sample, args, options, (volume) => {
      const turned = turns.reduceRight<Volume>(
        (back, turn) => applyOrientation(back, inverseOrientation(turn)),
        resizeNearest(volume, shape),
      );
      // Of several channels the reference takes the first.
      const plain = channelAxis(turned) >= 0 && turned.axes.length > 3 ? channelView(turned, 0) : turned;
      return { ...plain, affine: originalAffine, properties: { ...reference.properties, asCanonical: false } };
    });
  },
});

function permuted(lengths: readonly number[], turn: Orientation): readonly number[] {
  const result = [...lengths];
  lengths.forEach((length, d) => (result[turn[d].axis] = length));
  return result;
}

function resizeNearest(volume: Volume, shape: readonly number[]): Volume {
  const maps = spatialShape(volume).map((n, d) => (n === shape[d] ? undefined : nearestFloat32Map(n, shape[d])));
  return maps.every((map) => map === undefined) ? volume : resampleNearest(volume, maps);
}
