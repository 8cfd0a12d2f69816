import { z } from 'zod';
import { closestCanonical } from '../../imaging/geometry';
import { repeatBlocks } from '../../imaging/ops/copy/blocks';
import {
  channelAxis,
  reorderAxes,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type Axes,
  type Volume,
} from '../../imaging/volume';
import * as arg from '../arguments';
import type { ElementType } from '../../imaging/ops/intensity/cast';
import { channelsAt, ofType } from '../channels';
import { clara, monai } from '../definition';
import { loadFile } from './load-file';

clara({
  name: 'LoadNifti',
  aliases: ['LoadNifty'],
  kind: 'load',
  summary:
    'Reads the request’s image as float32 (or `dtype`, made of that) in file order, without or with reorientation to the closest RAS+ axes.',
  source: 'nibabel; choice A4',
  args: arg.withLegacyNames(
    arg.onFields({ dtype: arg.typeOrSame, as_closest_canonical: arg.off, nii_is_channels_first: arg.off }),
  ),
  async apply(sample, { fields, as_closest_canonical: canonical, nii_is_channels_first: first, dtype }, options) {
    const whileRead = options.whileRead && fields.length === 1 && !canonical && isPlain(dtype);
    for (const field of fields) {
      const volume = await loadFile(sample, field, { ...options, whileRead });
      const loaded = first ? firstAxisAsChannels(volume) : volume;
      sample.volumes.set(field, ofType(canonical ? reoriented(loaded) : loaded, sample.coming ? null : dtype));
    }
  },
});

/** Images are loaded as that anyway. */
const isPlain = (dtype: ElementType | null) => dtype === null || dtype === 'float32';

/** The image on the closest axes to RAS+. */
export function reoriented(volume: Volume): Volume {
  const turned = closestCanonical(volume);
  return { ...turned, properties: { ...turned.properties, originalShape: spatialShape(turned) } };
}

/** A 4-D file stored (c, x, y, z): the same array under other letters. */
function firstAxisAsChannels(volume: Volume): Volume {
  if (channelAxis(volume) < 0) return volume;
  if (channelAxis(volume) !== volume.shape.length - 1)
    throw new Error(`nii_is_channels_first with an image whose axes are ${volume.axes}`);
  const relabelled: Volume = { ...volume, axes: `C${spatialLetters(volume)}` as Axes };
  const properties = { ...volume.properties, originalShape: spatialShape(relabelled), originalChannelDim: 0 };
  return { ...relabelled, properties };
}

clara({
  name: 'LoadPng',
  aliases: ['LoadJpg'],
  kind: 'load',
  flat: true,
  summary: 'Reads a PNG or JPEG as float32 0..255, rows first (axis X), colours in the order red, green, blue.',
  source: 'choices A9 and A10',
  args: arg.onFields({ dtype: arg.typeOrSame }),
  async apply(sample, { fields, dtype }, options) {
    for (const field of fields) sample.volumes.set(field, ofType(await loadFile(sample, field, options), dtype));
  },
});

/** Clara 1.x kept facts of an image in fields of their own; here they stay with it, but for the shape that `NPResize3D` asks for by its key. */
clara({
  name: 'Load3DShapeFromNumpy',
  kind: 'load',
  summary: 'Notes the lengths of the spatial axes under `new_key`, for NPResize3D (Clara 1.x).',
  example: { new_key: 'shape' },
  args: arg.withLegacyNames(arg.onFields({ new_key: arg.fieldName })),
  apply(sample, { fields, new_key: key }) {
    sample.values.set(key, spatialShape(sample.volume(fields[0])));
  },
});

clara({
  name: 'LoadResolutionFromNifty',
  kind: 'load',
  summary: 'Does nothing: the voxel size stays with the image (Clara 1.x noted it under `new_key`).',
  example: { new_key: 'spacing' },
  args: arg.withLegacyNames(arg.onFields({ new_key: arg.fieldName })),
  change: (volume) => volume,
});

/** MONAI's readers of images that need no program of their own: they give the same voxels for a file that they can read. */
const readers = ['nibabelreader', 'itkreader', 'pilreader', 'nrrdreader', 'pydicomreader', 'imagereader'];

/** The name of a reader, with or without its module. */
const readerName = z.string().superRefine((given, context) => {
  const name = given.replace(/^\$/, '').split('.').at(-1)!.toLowerCase();
  if (readers.includes(name)) return;
  const message = `the reader ${JSON.stringify(given)} cannot be run; files are read by their content, as with NibabelReader, ITKReader, PILReader, NrrdReader or PydicomReader`;
  context.addIssue({ code: 'custom', message });
});

const oneSeries = { error: 'the files that a client sends are one series; it has no choice among several' };
const toColours = /^\$\s*lambda (\w+)\s*:\s*\1\.convert\((?:mode\s*=\s*)?(['"])RGB\2\)\s*$/;

/** Arguments of MONAI's readers, given by themselves or through LoadImaged. */
const readerOptions = {
  channel_dim: arg.orNull(z.union([arg.integer, z.literal('no_channel')])),
  converter: z
    .string()
    .regex(toColours, { error: 'only a converter to RGB is run: "$lambda image: image.convert(\'RGB\')"' })
    .optional(),
  affine_lps_to_ras: arg.only(true, 'affines are to RAS here'),
  reverse_indexing: arg.only(false, 'images keep the order of their axes'),
  as_closest_canonical: arg.only(false, 'put Orientationd with "RAS" after it'),
  squeeze_non_spatial_dims: arg.withoutEffect('layout', arg.off),
  series_name: z.union([z.null(), z.literal('')], oneSeries).default(''),
  series_meta: arg.withoutEffect('metadata', arg.off),
};

const reader = z
  .union([readerName, z.array(readerName), z.strictObject({ _target_: readerName, ...readerOptions })])
  .nullable()
  .optional();

monai({
  name: 'LoadImaged',
  aliases: ['LoadNiftid', 'LoadPNGd'],
  kind: 'load',
  summary:
    'Reads the request’s image as float32 (or `dtype`, made of that) in file order; the reader is chosen by the content of the file. Pictures are rows first in AIAA’s configs, columns first in bundles.',
  source: 'MONAI 0.5 and every Clara loader (pictures rows first), MONAI 0.8 and later (columns first)',
  args: arg.onKeys({
    reader: arg.withoutEffect('layout', reader),
    dtype: arg.resultType,
    ...arg.metadataArguments,
    overwriting: arg.withoutEffect('metadata', arg.off),
    image_only: arg.withoutEffect('metadata', arg.off),
    prune_meta_pattern: arg.withoutEffect('metadata'),
    prune_meta_sep: arg.withoutEffect('metadata'),
    simple_keys: arg.withoutEffect('metadata', arg.flag.optional()),
    expanduser: arg.withoutEffect('file', arg.flag.optional()),
    ensure_channel_first: arg.off,
    ...readerOptions,
  }),
  async apply(sample, args, { bundle = false, ...options }) {
    const { keys, ensure_channel_first: channelFirst, allow_missing_keys: mayMiss } = args;
    const { converter, channel_dim: channelDim } = { ...args, ...optionsOf(args.reader) };
    const whileRead = options.whileRead && keys.length === 1 && !converter && isPlain(args.dtype);
    for (const key of keys) {
      if (mayMiss && !sample.files.has(key)) continue;
      const file = await loadFile(sample, key, { ...options, whileRead });
      checkChannelDim(file, channelDim, key);
      const loaded = ofType(converter ? asColours(file) : file, sample.coming ? null : args.dtype);
      const volume = bundle ? asBundlesHaveIt(loaded) : loaded;
      sample.volumes.set(key, channelFirst ? channelsAt(volume, 'first') : volume);
    }
  },
});

/** The options of a reader that is written out. */
const optionsOf = (given: z.infer<typeof reader>) =>
  given && typeof given === 'object' && !Array.isArray(given)
    ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null))
    : {};

/** Channels lie where the file has them. @throws Error when the config says otherwise */
function checkChannelDim(volume: Volume, stated: number | 'no_channel' | null, key: string): void {
  if (stated === null) return;
  const [axis, rank] = [channelAxis(volume), volume.shape.length];
  // A last axis of length 1 was dropped on loading.
  const possible = axis < 0 ? ['no_channel', -1, rank] : [axis, axis - rank];
  if (possible.includes(stated)) return;
  const has = axis < 0 ? 'no channel axis' : `its channels on axis ${axis}`;
  const what = `LoadImaged with channel_dim ${JSON.stringify(stated)}`;
  throw new Error(`${what}: the file for "${key}" has ${has} (axes ${volume.axes})`);
}

/** Grey as three equal channels after the image's axes; colours stay as they are. */
function asColours(volume: Volume): Volume {
  if (channelAxis(volume) >= 0) return volume;
  const grey = withChannelAxis(volume, 'last');
  const properties = { ...volume.properties, originalChannelDim: volume.shape.length };
  return { ...grey, data: repeatBlocks(grey.data, 1, 3), shape: grey.shape.with(-1, 3), properties };
}

/**
 * A picture with its columns as first axis, which writers undo. The channels of a volume in front: bundles load them from several files, which
 * MONAI stacks there, and here they come in one. No voxel is copied.
 */
function asBundlesHaveIt(volume: Volume): Volume {
  if (volume.axes === 'XYZC') return channelsAt(volume, 'first');
  if (spatialLetters(volume) !== 'XY' || volume.affine) return volume;
  const turned = reorderAxes(volume, volume.axes.replace('XY', 'YX') as Axes);
  const originalShape = volume.properties.originalShape && [...volume.properties.originalShape].reverse();
  return { ...turned, axes: volume.axes, properties: { ...volume.properties, originalShape, columnsFirst: true } };
}
