import { z } from 'zod';
import { integerRange, valueTypes } from '../imaging/formats/value-types';
import { fieldName, fieldNames, flag, off, withoutEffect, withSpellings, orNull } from './arguments';
import type { WriterDefinition } from './definition';

/** Voxel types as configs and requests name them (numpy's names), and the type written for each. */
export const writtenDtypes = {
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  int16: 'int16',
  int32: 'int32',
  float32: 'float32',
  float64: 'float64',
  bool: 'uint8',
  uint64: 'uint32',
  int64: 'int32',
  float16: 'float32',
  float: 'float32',
  // MITK's DExtr3D refuses int8 results: the next type that holds its range.
  int8: 'int16',
} as const;

export type DtypeName = keyof typeof writtenDtypes;

/** Whether it is the name of a voxel type. */
export const isDtype = (name: unknown): name is DtypeName =>
  typeof name === 'string' && Object.hasOwn(writtenDtypes, name);

/** The highest label that a voxel type holds as it is written; undefined for floating point. */
export function highestLabel(dtype: DtypeName): number | undefined {
  return integerRange(valueTypes[writtenDtypes[dtype]].array)?.[1];
}

const dtypeNames = Object.keys(writtenDtypes) as [DtypeName, ...DtypeName[]];
const dtype = z.enum(dtypeNames, { error: `expected one of ${dtypeNames.join(', ')}` });

/** Clara 1.x's NiftyWriter called the field `applied_key`. */
const writeNiftiArgs = withSpellings(
  z.strictObject({
    field: fieldName.default('model'),
    dtype: dtype.default('float32'),
    write_path: withoutEffect('file', z.string().nullable().optional()),
    use_identity: off,
    compressed: flag.default(true),
    revert_canonical: off,
    transpose_axes: orNull(z.array(z.number().int().min(0))),
    squeeze: off,
  }),
  { applied_key: 'field', applied_keys: 'field' },
);

const writePngArgs = z.strictObject({
  field: fieldName.default('model'),
  dtype: dtype.default('uint8'),
  write_path: withoutEffect('file', z.string().nullable().optional()),
  scale: orNull(z.union([z.literal(255), z.literal(65535)])),
});

const aiaaWriterArgs = z.strictObject({
  image: fieldName.default('pred'),
  json: orNull(fieldName),
  ref_image: withoutEffect('metadata', orNull(fieldName)),
  key_extension: z.string().default('result_extension'),
  key_dtype: z.string().default('result_dtype'),
  key_compress: z.string().default('result_compress'),
});

const classificationArgs = z.strictObject({
  /** Field with the scores: one number per class. */
  image: fieldName.default('model'),
  /** Names of the classes in the network's order. @default the config's `labels` */
  label_names: orNull(
    z.union([z.array(z.string()), z.record(z.string(), z.string()).transform((names) => Object.values(names))]),
  ),
  /** The function that turns the network's scores into probabilities; `none` when the network or a post-transform did that. */
  activation: z.enum(['none', 'sigmoid', 'softmax'], { error: 'expected none, sigmoid or softmax' }).default('none'),
  /** Classes of at least this probability are in `prediction`. */
  threshold: z.number().default(0.5),
});

/** Clara's name for the field is `field` or `fields`, MONAI Label's is `image`; Clara's networks write into `model`. */
const classificationArgsOfEither = z.preprocess((args) => {
  if (typeof args !== 'object' || args === null || 'image' in args) return args;
  const { field, fields, ...rest } = args as Record<string, unknown>;
  return { ...rest, image: field ?? (Array.isArray(fields) ? fields[0] : fields) };
}, classificationArgs);

/** Where MONAI puts files and what it calls them. */
const ofTheServersDisk = Object.fromEntries(
  [
    'output_dir', 'output_postfix', 'separate_folder', 'data_root_dir', 'folder_layout', 'savepath_in_metadict', 'print_log', 'meta_keys', 'meta_key_postfix',
    'output_name_formatter', 'writer', 'saver', 'filename', 'overwrite', 'flush', 'delimiter',
  ].map((name) => [name, withoutEffect('file')]),
); // prettier-ignore

/** MONAI's writers take a list of keys; a request is answered with one. */
const oneKey = fieldNames.refine((keys) => keys.length === 1, {
  error: 'a request is answered with one field; name one',
});

const ofMonaiWriters = {
  allow_missing_keys: withoutEffect('layout'),
  /** Which axis has the channels is known; MONAI's default and null (no channels) are what a config may say. */
  channel_dim: withoutEffect(
    'layout',
    z.literal([0, null], { error: 'channels are known by their axis; leave it out' }).default(0),
  ),
  ...ofTheServersDisk,
};

const extensionNames = ['.nii.gz', '.nii', '.nrrd', '.mha', '.png'] as const;

const saveImageArgs = z.strictObject({
  keys: oneKey,
  output_ext: z
    .enum([...extensionNames, 'nii.gz', 'nii', 'nrrd', 'mha', 'png'], {
      error: `expected one of ${extensionNames.join(', ')}`,
    })
    .transform((extension) => extension.replace(/^\.?/, '.') as (typeof extensionNames)[number])
    .default('.nii.gz'),
  resample: flag.default(true),
  mode: z.enum(['nearest', 'bilinear']).default('nearest'),
  padding_mode: z.literal('border', { error: 'only padding_mode "border" is run' }).default('border'),
  scale: orNull(z.union([z.literal(255), z.literal(65535)])),
  dtype: withoutEffect('precision'),
  output_dtype: z
    .string()
    .nullable()
    .transform((name) => (name ?? 'float32').replace(/^\$?(np|numpy|torch)\./, ''))
    .pipe(dtype)
    .default('float32'),
  align_corners: z.literal(false, { error: 'the result is resampled as with align_corners false' }).default(false),
  squeeze_end_dims: withoutEffect('layout', flag.default(true)),
  ...ofMonaiWriters,
});

const saveClassificationArgs = z.strictObject({ keys: oneKey, ...ofMonaiWriters });

export type SaveImageArgs = z.infer<typeof saveImageArgs>;
export type SaveClassificationArgs = z.infer<typeof saveClassificationArgs>;
export type ClassificationArgs = z.infer<typeof classificationArgs>;
export type WriteNiftiArgs = z.infer<typeof writeNiftiArgs>;
export type WritePngArgs = z.infer<typeof writePngArgs>;
export type AiaaWriterArgs = z.infer<typeof aiaaWriterArgs>;

/** Names that a config's `writer` may use; the code that runs them is `pipeline/writers/`. */
export const writerDefinitions: readonly WriterDefinition[] = [
  {
    name: 'WriteNifti',
    aliases: ['NiftyWriter'],
    args: writeNiftiArgs,
    summary: 'Writes an image as NIfTI on the grid of the file the client sent.',
    source: 'choices A13, A15, A16',
  },
  {
    name: 'WritePng',
    args: writePngArgs,
    summary:
      'Writes a 2-D image as PNG: values cut to whole numbers, not stretched; `scale` stretches 0..1 to 255 or 65535.',
    source: 'choice A8',
  },
  {
    name: 'Writer',
    args: aiaaWriterArgs,
    summary:
      'The writer of AIAA 4.x: format of the input, or what the request’s `result_extension`, `result_dtype`, `result_compress` say.',
    source: 'AIAA 4.1',
  },
  {
    name: 'ClassificationWriter',
    aliases: ['WriteClassificationResult'],
    args: classificationArgsOfEither,
    classifies: true,
    summary:
      'The answer of a classifier as JSON: names of the classes with probability >= `threshold` in `prediction`, all probabilities by name.',
    source: 'AIAA 3.1',
  },
  {
    name: 'SaveImaged',
    args: saveImageArgs,
    summary:
      'MONAI’s: the image as `output_ext`, on the grid of the file (nearest voxel, or `mode`) unless `resample` is off. Where `output_dtype` is a float, labels are written as the smallest unsigned type that holds them: clients take label maps of whole numbers.',
    source: 'MONAI 0.8.1 and 1.5.2',
  },
  {
    name: 'SaveClassificationd',
    args: saveClassificationArgs,
    classifies: true,
    summary: 'MONAI’s: the scores of a classifier, answered as JSON like ClassificationWriter does.',
    source: 'MONAI 0.8.1',
  },
];
