import { z } from 'zod';
import { keysArguments, metadataArguments, perKey, stringyBoolean, valueFor, withoutEffect } from '../arguments';
import { defineTransform } from '../definition';
import { elementType, ofType, typeOrSame } from '../element-type';
import { forEachKey } from './for-each-key';

/** Arguments about Python's containers. */
const containerArguments = {
  data_type: withoutEffect('container'),
  device: withoutEffect('container'),
  wrap_sequence: withoutEffect('container', stringyBoolean.default(true)),
  track_meta: withoutEffect('container', stringyBoolean.nullable().optional()),
  non_blocking: withoutEffect('container', stringyBoolean.optional()),
  ...metadataArguments,
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

function typedContainerChange(name: string) {
  return defineTransform({
    name,
    dialect: 'monai',
    summary: 'Changes the Python container of an image, which is nothing here, and with `dtype` the type of its values, as CastToTyped does.',
    source: 'transforms.md §7.2; MONAI 1.5.2, numpy astype',
    args: z.strictObject({ ...keysArguments, dtype: typeOrSame, ...containerArguments }),
    voxelWise: () => true,
    apply(sample, { dtype, ...keys }) {
      forEachKey(sample, keys, (volume) => ofType(volume, dtype));
    },
  }); // prettier-ignore
}

export const toNumpyd = typedContainerChange('ToNumpyd');
export const toTensord = typedContainerChange('ToTensord');
export const ensureTyped = typedContainerChange('EnsureTyped');
export const identityd = containerChange('Identityd');
export const toDeviced = containerChange('ToDeviced');
export const fromMetaTensord = containerChange('FromMetaTensord');
export const toMetaTensord = containerChange('ToMetaTensord');

export const castToTyped = defineTransform({
  name: 'CastToTyped',
  dialect: 'monai',
  summary: 'Stores the values as another type: fractions are cut, what it cannot hold wraps around, as numpy has it.',
  source: 'transforms.md §7.2; numpy astype',
  args: z.strictObject({ ...keysArguments, dtype: perKey(elementType).default('float32') }),
  voxelWise: () => true,
  apply(sample, args) {
    forEachKey(sample, args, (volume, index) => ofType(volume, valueFor(args.dtype, index)));
  },
});
