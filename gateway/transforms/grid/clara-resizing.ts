import { z } from 'zod';
import { allVoxels } from '../../imaging/formats/coming-voxels';
import { spacingOf } from '../../imaging/geometry';
import { roundHalfEven } from '../../imaging/ops/intensity/cast';
import * as maps from '../../imaging/ops/resample/axis-maps';
import { resampleLinear } from '../../imaging/ops/resample/resample-linear';
import { resampleNearest } from '../../imaging/ops/resample/resample-nearest';
import { channelCount, spatialAxes, spatialShape, type Volume } from '../../imaging/volume';
import { checkVoxels } from '../../imaging/voxel-limit';
import { eachAxis, fieldName, off, onFields, perAxis, positive, withLegacyNames, withSpellings } from '../arguments';
import { clara, type TransformOptions } from '../definition';
import { boxesOf, uncut } from './clara-crops';

type Resampling = TransformOptions['resampling'];

/**
 * The volume with its spatial axes resized to `target` (order of the array's axes); channels, affine and properties are kept.
 * Labels take the nearest voxel. The MONAI reading knows no way back from a shape alone: there the first voxel stays on the first, the last on the last.
 */
function resizeToShape(given: Volume, target: readonly number[], isLabel: boolean, resampling: Resampling): Volume {
  const volume = isLabel ? allVoxels(given) : given;
  const current = spatialShape(volume);
  if (target.length !== current.length) {
    throw new Error(
      `cannot resize an image of shape [${current.join(', ')}] to [${target.join(', ')}]: the number of axes differs`,
    );
  }
  if (current.every((n, d) => n === target[d])) return volume;
  checkVoxels(current, target, channelCount(volume));
  const halfPixel = resampling === 'half-pixel';
  const each = <T>(map: (n: number, m: number) => T) =>
    current.map((n, d) => (n === target[d] ? undefined : map(n, target[d])));
  return isLabel
    ? resampleNearest(volume, each(halfPixel ? maps.nearestMap : maps.nearestAlignCornersMap))
    : resampleLinear(volume, each(halfPixel ? maps.halfPixelMap : maps.alignCornersMap));
}

/** MONAI's grid: sample j is taken at `j * step` (target spacing / spacing, per spatial axis), length `round((n - 1) / step + 1)`. */
function resampleBySteps(given: Volume, steps: readonly number[], isLabel: boolean): Volume {
  const volume = isLabel ? allVoxels(given) : given;
  const current = spatialShape(volume);
  const target = current.map((n, d) => (steps[d] === 1 ? n : Math.max(1, roundHalfEven((n - 1) / steps[d] + 1))));
  checkVoxels(current, target, channelCount(volume));
  const each = <T>(map: (n: number, m: number, step: number) => T) =>
    current.map((n, d) => (steps[d] === 1 ? undefined : map(n, target[d], steps[d])));
  return isLabel
    ? resampleNearest(volume, each(maps.nearestSpacingMap))
    : resampleLinear(volume, each(maps.spacingMap));
}

clara({
  name: 'ScaleByResolution',
  coming: 'in order',
  aliases: ['ResampleVolume', 'ScaleBySpacing'],
  summary:
    'Resizes to a voxel size in mm: linear, or nearest for labels; the affine stays that of the file. The size may be spelled `target_spacing` or `spacing`.',
  example: { target_resolution: [1.5, 1.5, 2.0] },
  source: 'choices A1 and A3',
  args: withLegacyNames(
    withSpellings(onFields({ target_resolution: z.array(positive).min(2).max(3), is_label: off }), {
      target_spacing: 'target_resolution',
      spacing: 'target_resolution',
    }),
    ['resolution'],
  ),
  grid: (volume, { target_resolution: target }) => ({ lengths: lengthsAt(volume, spacingIn(volume), target) }),
  change(volume, { target_resolution: target, is_label: isLabel }, { field, options: { resampling } }) {
    const spacing = spacingIn(volume);
    if (target.length < spacing.length)
      throw new Error(`target_resolution has ${target.length} numbers, "${field}" has ${spacing.length} spatial axes`);
    const steps = spacing.map((mm, d) => target[d] / mm);
    if (resampling === 'monai') return resampleBySteps(volume, steps, isLabel);
    return resizeToShape(volume, lengthsAt(volume, spacing, target), isLabel, resampling);
  },
});

function spacingIn(volume: Volume): number[] {
  if (!volume.affine) throw new Error('ScaleByResolution needs the voxel size, and this image has no affine');
  return spacingOf(volume.affine).slice(0, spatialAxes(volume).length);
}

/** Lengths with voxels of `target` mm in place of `spacing`. */
const lengthsAt = (volume: Volume, spacing: readonly number[], target: readonly number[]) =>
  spatialShape(volume).map((n, d) => Math.max(1, roundHalfEven((n * spacing[d]) / target[d])));

clara({
  name: 'ScaleByFactor',
  coming: 'in order',
  summary:
    'Resizes every spatial axis to its length times the factor, rounded half to even: linear, or nearest for labels.',
  example: { factor: [0.5, 0.5, 1.0] },
  source: 'choices A1 and A1c',
  args: onFields({ factor: perAxis(positive, 2), is_label: off }),
  grid: (volume, { factor }) => ({ lengths: lengthsTimes(volume, factor) }),
  change: (volume, { factor, is_label: isLabel }, { options: { resampling } }) =>
    resizeToShape(volume, lengthsTimes(volume, factor), isLabel, resampling),
});

function lengthsTimes(volume: Volume, factor: number | readonly number[]): number[] {
  const current = spatialShape(volume);
  const factors = eachAxis('factor', factor, current.length);
  return current.map((n, d) => Math.max(1, roundHalfEven(n * factors[d])));
}

clara({
  name: 'ScaleToShape',
  coming: 'in order',
  summary: 'Resizes the spatial axes to given lengths (also spelled `shape`): linear, or nearest for labels.',
  example: { target_shape: [128, 128, 128] },
  source: 'choice A1',
  args: withSpellings(onFields({ target_shape: z.array(z.number().int().positive()).min(2).max(3), is_label: off }), {
    shape: 'target_shape',
  }),
  grid: (_, { target_shape: lengths }) => ({ lengths }),
  change: (volume, { target_shape: target, is_label: isLabel }, { options: { resampling } }) =>
    resizeToShape(volume, target, isLabel, resampling),
});

/**
 * Clara has no name for the way back from a crop. Where the source image was cropped or padded, that is undone here on the way, so that
 * the result lies on the loaded grid; without such steps it is the one resize of the reference.
 */
clara({
  name: 'RestoreOriginalShape',
  summary:
    'Resizes an image to the shape another had right after loading: linear, or nearest for labels; channels are kept. Crops and paddings of the other image are undone.',
  example: { src_field: 'image', is_label: true },
  source: 'choice A1',
  args: z.strictObject({ field: fieldName, src_field: fieldName, is_label: off }),
  apply(sample, { field, src_field: source, is_label: isLabel }, { resampling }) {
    const shape = sample.volume(source).properties.originalShape;
    if (!shape) throw new Error(`the image in "${source}" has no original shape: it was not loaded from a file`);
    const back = boxesOf(sample, source).reduceRight(
      (volume, box) => uncut(resizeToShape(volume, box.to, isLabel, resampling), box),
      sample.volume(field),
    );
    sample.volumes.set(field, resizeToShape(back, shape, isLabel, resampling));
  },
});

clara({
  name: 'NPResize3D',
  summary:
    'Resizes to a shape noted by Load3DShapeFromNumpy, or to the loaded shape of the image in that field: linear, or nearest (Clara 1.x).',
  example: { output_shape_key: 'shape' },
  args: withLegacyNames(
    withSpellings(onFields({ output_shape_key: fieldName, nearest: off }), { is_label: 'nearest' }),
  ),
  change(volume, { output_shape_key: key, nearest }, { sample, options: { resampling } }) {
    const shape = sample.values.get(key) ?? sample.volumes.get(key)?.properties.originalShape;
    if (Array.isArray(shape)) return resizeToShape(volume, shape as number[], nearest, resampling);
    throw new Error(`no shape was noted under "${key}"; Load3DShapeFromNumpy with new_key "${key}" comes before`);
  },
});
