import { z } from 'zod';
import { spatialShape } from '../../imaging/volume';
import { fieldName, fieldNames, stringyBoolean, withLegacyNames, withSpellings } from '../arguments';
import { defineTransform } from '../definition';
import { resizeToShape } from '../resize';

/**
 * Clara 1.x kept what it knew of an image in fields of its own. Later versions, and this server, keep it with the image; only the shape that
 * `NPResize3D` asks for by its key has to be noted.
 */
export const load3DShapeFromNumpy = defineTransform({
  name: 'Load3DShapeFromNumpy',
  kind: 'load',
  dialect: 'clara',
  summary: 'Notes the lengths of the spatial axes under `new_key`, for NPResize3D (Clara 1.x).',
  source: 'transforms.md §3, legacy aliases',
  args: withLegacyNames(z.strictObject({ fields: fieldNames, new_key: z.string().min(1) })),
  apply(sample, { fields, new_key: key }) {
    sample.values.set(key, spatialShape(sample.volume(fields[0])));
  },
});

export const loadResolutionFromNifty = defineTransform({
  name: 'LoadResolutionFromNifty',
  kind: 'load',
  dialect: 'clara',
  summary: 'Does nothing: the voxel size stays with the image (Clara 1.x noted it under `new_key`).',
  source: 'transforms.md §3, legacy aliases',
  args: withLegacyNames(z.strictObject({ fields: fieldNames, new_key: z.string().min(1) })),
  apply(sample, { fields }) {
    for (const field of fields) sample.volume(field);
  },
});

export const npResize3D = defineTransform({
  name: 'NPResize3D',
  dialect: 'clara',
  summary:
    'Resizes to a shape noted by Load3DShapeFromNumpy, or to the loaded shape of the image in that field: linear, or nearest (Clara 1.x).',
  source: 'transforms.md §3, legacy aliases; §4.3 H',
  args: withLegacyNames(
    withSpellings(
      z.strictObject({ fields: fieldNames, output_shape_key: fieldName, nearest: stringyBoolean.default(false) }),
      { is_label: 'nearest' },
    ),
  ),
  apply(sample, { fields, output_shape_key: key, nearest }, { resampling }) {
    const shape = sample.values.get(key) ?? sample.volumes.get(key)?.properties.originalShape;
    if (!Array.isArray(shape))
      throw new Error(`no shape was noted under "${key}"; Load3DShapeFromNumpy with new_key "${key}" comes before`);
    for (const field of fields)
      sample.volumes.set(field, resizeToShape(sample.volume(field), shape as number[], nearest, resampling));
  },
});
