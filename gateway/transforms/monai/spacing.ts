import { z } from 'zod';
import { spacingOf } from '../../imaging/affine';
import { spatialLetters, type Affine, type Volume } from '../../imaging/volume';
import { keysArguments, perKey, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { resampleBySteps } from '../resize';
import { resampledLetters } from './depth-first';
import { forEachKey } from './for-each-key';
import { isSkewed, resampleSkewed } from './skewed-spacing';

/** Ratios this close to 1 on every axis leave the voxels as they are (numpy's allclose with atol 1e-3). */
const SAME_RATIO = 1.01e-3;

export const spacingd = defineTransform({
  name: 'Spacingd',
  dialect: 'monai',
  summary:
    'Resamples to a voxel size in mm, voxel 0 staying on voxel 0; the affine follows. Depth that plays the channels is left alone.',
  source: 'transforms.md §7.2 M; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    pixdim: z.union([z.number(), z.array(z.number()).min(1)]),
    diagonal: z
      .literal(false, { error: 'diagonal resampling into world axes is not run; use Orientationd before Spacingd' })
      .default(false),
    mode: perKey(z.enum(['bilinear', 'nearest'])).default('bilinear'),
    padding_mode: perKey(z.literal('border', { error: 'only padding_mode "border" is run' })).default('border'),
    align_corners: perKey(z.boolean().nullable()).default(false),
    dtype: z.unknown().optional(),
    meta_keys: z.unknown().optional(),
    meta_key_postfix: z.string().optional(),
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const resampled = toSpacing(volume, args.pixdim, valueFor(args.mode, index) === 'nearest');
      sample.history.push({ transform: 'Spacingd', field: key, state: { shape: volume.shape, affine: volume.affine } });
      return resampled;
    });
  },
});

/** @param pixdim mm per axis that is resampled, in the order of the array; a list that is too short is filled with 1.0, values <= 0 keep that axis as it is */
function toSpacing(volume: Volume, pixdim: number | readonly number[], isLabel: boolean): Volume {
  const given = typeof pixdim === 'number' ? [pixdim] : pixdim;
  const letters = resampledLetters(volume);
  const spacing = volume.affine ? spacingOf(volume.affine) : [1, 1, 1];
  const target = [...'XYZ'].map((letter, d) => {
    const at = letters.indexOf(letter);
    return at < 0 || (given[at] ?? 1) <= 0 ? spacing[d] : (given[at] ?? 1);
  });
  if (volume.affine && letters === 'XYZ' && isSkewed(volume.affine))
    return resampleSkewed(volume, volume.affine, target, isLabel);

  const steps = [...spatialLetters(volume)].map((letter) => {
    const d = 'XYZ'.indexOf(letter);
    return target[d] / spacing[d];
  });
  const affine = volume.affine && withSpacing(volume.affine, spacing, target);
  if (steps.every((step) => Math.abs(step - 1) <= SAME_RATIO)) return { ...volume, affine };
  return { ...resampleBySteps(volume, steps, isLabel), affine };
}

/** Same origin and directions, other lengths of the columns. */
function withSpacing(affine: Affine, spacing: readonly number[], target: readonly number[]): Affine {
  return affine.map((value, i) => (i < 12 && i % 4 < 3 ? (value / spacing[i % 4]) * target[i % 4] : value));
}
