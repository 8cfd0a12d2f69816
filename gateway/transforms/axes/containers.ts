import {
  onKeys,
  elementType,
  metadataArguments,
  perKey,
  flag,
  typeOrSame,
  valueFor,
  withoutEffect,
} from '../arguments';
import { ofType } from '../channels';
import { monai } from '../definition';

/** Arguments about Python's containers. */
const containerArguments = {
  data_type: withoutEffect('container'),
  device: withoutEffect('container'),
  wrap_sequence: withoutEffect('container', flag.default(true)),
  track_meta: withoutEffect('container', flag.nullable().optional()),
  non_blocking: withoutEffect('container', flag.optional()),
  ...metadataArguments,
};

const containerChange = (name: string) =>
  monai({
    name,
    summary: 'Changes the Python container of an image; nothing to do here.',
    args: onKeys(containerArguments),
    voxelWise: () => true,
    change: (volume) => volume,
  });

const typedContainerChange = (name: string) =>
  monai({
    name,
    summary:
      'Changes the Python container of an image, which is nothing here, and with `dtype` the type of its values, as CastToTyped does.',
    source: 'MONAI 1.5.2, numpy astype',
    args: onKeys({ dtype: typeOrSame, ...containerArguments }),
    voxelWise: () => true,
    change: (volume, { dtype }) => ofType(volume, dtype),
  });

const castToTyped = monai({
  name: 'CastToTyped',
  summary: 'Stores the values as another type: fractions are cut, what it cannot hold wraps around, as numpy has it.',
  source: 'numpy astype',
  args: onKeys({ dtype: perKey(elementType).default('float32') }),
  voxelWise: () => true,
  change: (volume, { dtype }, { index }) => ofType(volume, valueFor(dtype, index)),
});

export const containers = [
  ...['ToNumpyd', 'ToTensord', 'EnsureTyped'].map(typedContainerChange),
  castToTyped,
  ...['Identityd', 'ToDeviced', 'FromMetaTensord', 'ToMetaTensord'].map(containerChange),
];
