import * as arg from '../arguments';
import { ofType } from '../channels';
import { monai } from '../definition';

/** Arguments about Python's containers. */
const containerArguments = {
  data_type: arg.withoutEffect('container'),
  device: arg.withoutEffect('container'),
  wrap_sequence: arg.withoutEffect('container', arg.flag.default(true)),
  track_meta: arg.withoutEffect('container', arg.flag.nullable().optional()),
  non_blocking: arg.withoutEffect('container', arg.flag.optional()),
  ...arg.metadataArguments,
};

const containerChange = (name: string) =>
  monai({
    name,
    summary: 'Changes the Python container of an image; nothing to do here.',
    args: arg.onKeys(containerArguments),
    voxelWise: () => true,
    change: (volume) => volume,
  });

const typedContainerChange = (name: string) =>
  monai({
    name,
    summary:
      'Changes the Python container of an image, which is nothing here, and with `dtype` the type of its values, as CastToTyped does.',
    source: 'MONAI 1.5.2, numpy astype',
    args: arg.onKeys({ dtype: arg.typeOrSame, ...containerArguments }),
    voxelWise: () => true,
    change: (volume, { dtype }) => ofType(volume, dtype),
  });

monai({
  name: 'CastToTyped',
  summary: 'Stores the values as another type: fractions are cut, what it cannot hold wraps around, as numpy has it.',
  source: 'numpy astype',
  args: arg.onKeys({ dtype: arg.perKey(arg.elementType).default('float32') }),
  voxelWise: () => true,
  change: (volume, { dtype }, { index }) => ofType(volume, arg.valueFor(dtype, index)),
});

for (const name of ['ToNumpyd', 'ToTensord', 'EnsureTyped']) typedContainerChange(name);
for (const name of ['Identityd', 'ToDeviced', 'FromMetaTensord', 'ToMetaTensord']) containerChange(name);
