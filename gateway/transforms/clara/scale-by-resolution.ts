import { z } from 'zod';
import { spacingOf } from '../../imaging/geometry';
import { spatialAxes, type Volume } from '../../imaging/volume';
import { fieldNames, positive, stringyBoolean, withLegacyNames, withSpellings } from '../arguments';
import { defineTransform } from '../definition';
import { resizeToSpacing } from '../resize';

/** Lengths in mm of the voxel along each spatial axis. @throws Error when the image has no affine */
export function voxelSize(volume: Volume, transform: string): number[] {
  if (!volume.affine) throw new Error(`${transform} needs the voxel size, and this image has no affine`);
  return spacingOf(volume.affine).slice(0, spatialAxes(volume).length);
}

export const scaleByResolution = defineTransform({
  name: 'ScaleByResolution',
  aliases: ['ResampleVolume', 'ScaleBySpacing'],
  dialect: 'clara',
  summary:
    'Resizes to a voxel size in mm: linear, or nearest for labels; the affine stays that of the file. The size may be spelled `target_spacing` or `spacing`.',
  source: 'transforms.md §4.3 H, choices A1 and A3',
  args: withLegacyNames(
    withSpellings(
      z.strictObject({
        fields: fieldNames,
        target_resolution: z.array(positive).min(2).max(3),
        is_label: stringyBoolean.default(false),
      }),
      { target_spacing: 'target_resolution', spacing: 'target_resolution' },
    ),
    ['resolution'],
  ),
  apply(sample, { fields, target_resolution: target, is_label: isLabel }, { resampling }) {
    for (const field of fields) {
      const volume = sample.volume(field);
      const spacing = voxelSize(volume, 'ScaleByResolution');
      if (target.length < spacing.length)
        throw new Error(
          `target_resolution has ${target.length} numbers, "${field}" has ${spacing.length} spatial axes`,
        );
      sample.volumes.set(field, resizeToSpacing(volume, spacing, target, isLabel, resampling));
    }
  },
});
