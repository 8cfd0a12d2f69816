import { z } from 'zod';
import { spatialShape, type Volume } from '../../imaging/volume';
import {
  fieldNames,
  keysArguments,
  metadataArguments,
  perKey,
  stringyBoolean,
  valueFor,
  withoutEffect,
} from '../arguments';
import { defineTransform } from '../definition';
import { forEachKey } from './for-each-key';
import { inverses } from './inverses';

/**
 * The steps that changed the grid of `orig_keys` were recorded with all they need (`Sample.history`), so nothing is derived a second time
 * and the affine comes back number for number.
 */
export const invertd = defineTransform({
  name: 'Invertd',
  dialect: 'monai',
  summary:
    'Undoes on a prediction what the pre-transforms did to the grid of `orig_keys`, last step first: nearest voxel, or in the modes of the steps.',
  source: 'transforms.md §7.2; MONAI 1.5.2',
  args: z.strictObject({
    ...keysArguments,
    // As bundles and AIAA's configs name the chain; its steps are recorded, so nothing is looked up.
    transform: z
      .string()
      .regex(/^\$?\s*(copy\.deepcopy\(\s*@(preprocessing|pre_transforms)\s*\)|@(preprocessing|pre_transforms))\s*$/, {
        error: 'only the model’s own pre-transforms ("@preprocessing") are undone',
      })
      .optional(),
    orig_keys: fieldNames.nullable().default(null),
    nearest_interp: perKey(stringyBoolean).default(true),
    post_func: z.null({ error: 'a function of one’s own cannot be run; use transforms behind it' }).optional(),
    to_tensor: withoutEffect('container', perKey(stringyBoolean).default(true)),
    device: withoutEffect('container'),
    orig_meta_keys: withoutEffect('metadata'),
    ...metadataArguments,
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const from = args.orig_keys?.[args.orig_keys.length === 1 ? 0 : index] ?? key;
      const steps = sample.history.filter((step) => step.field === from);
      const reference = sample.volumes.get(from);
      const [now, expected] = [volume, reference].map((image) => image && spatialShape(image).join(', '));
      if (reference && now !== expected)
        throw new Error(`"${key}" has the spatial shape [${now}], but "${from}", whose steps are undone, has [${expected}]`);
      const nearest = valueFor(args.nearest_interp, index);
      const start: Volume = { ...volume, affine: reference?.affine ?? volume.affine };
      const back = steps.reduceRight<Volume>((image, { transform, state }) => {
        const undo = inverses.get(transform);
        if (!undo) throw new Error(`${transform} cannot be undone by Invertd; RestoreLabeld is made for it`);
        return undo(image, state, nearest);
      }, start);
      return { ...back, properties: { ...reference?.properties, ...back.properties } };
    });
  },
}); // prettier-ignore
