import { z } from 'zod';
import type { NumericArray } from '../../imaging/volume';
import { copyElements } from '../../imaging/vector/copy';
import { allocateUnset } from '../../array-memory';
import { ignored, keysArguments, perKey, stringyBoolean, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';

/** Arguments about Python containers, which mean nothing here. */
const containerArguments = {
  data_type: z.unknown().optional(),
  dtype: z.unknown().optional(),
  device: z.unknown().optional(),
  wrap_sequence: ignored(stringyBoolean.default(true)),
  track_meta: ignored(stringyBoolean.nullable().optional()),
  non_blocking: ignored(stringyBoolean.optional()),
  meta_keys: z.unknown().optional(),
  meta_key_postfix: ignored(z.string().optional()),
};

function containerChange(name: string) {
  return defineTransform({
    name,
    dialect: 'monai',
    summary: 'Changes the Python container of an image; nothing to do here.',
    source: 'transforms.md §7.2',
    args: z.strictObject({ ...keysArguments, ...containerArguments }),
    voxelWise: () => true,
    apply(sample, args) {
      forEachKey(sample, args, (volume) => volume);
    },
  });
}

export const toNumpyd = containerChange('ToNumpyd');
export const toTensord = containerChange('ToTensord');
export const ensureTyped = containerChange('EnsureTyped');
export const identityd = containerChange('Identityd');
export const toDeviced = containerChange('ToDeviced');
export const fromMetaTensord = containerChange('FromMetaTensord');
export const toMetaTensord = containerChange('ToMetaTensord');

const arrays = {
  float32: Float32Array,
  float: Float32Array,
  float64: Float64Array,
  double: Float64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  short: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  int: Int32Array,
  uint32: Uint32Array,
} as const;

const typeName = z
  .string()
  .transform((name) => name.replace(/^\$?(np|numpy|torch)\./, ''))
  .pipe(z.enum(Object.keys(arrays) as (keyof typeof arrays)[]));

export const castToTyped = defineTransform({
  name: 'CastToTyped',
  dialect: 'monai',
  summary: 'Stores the values as another type, cutting fractions as numpy does.',
  source: 'transforms.md §7.2',
  args: z.strictObject({ ...keysArguments, dtype: perKey(typeName).default('float32') }),
  voxelWise: () => true,
  apply(sample, args) {
    forEachKey(sample, args, (volume, index) => {
      const type = arrays[valueFor(args.dtype, index)] as new (length: number) => NumericArray;
      return mapVoxels(volume, (data) => {
        const out = allocateUnset(type as unknown as typeof Float32Array, data.length) as NumericArray;
        copyElements(data, out);
        return out;
      });
    });
  },
});
