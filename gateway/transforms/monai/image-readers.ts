import { z } from 'zod';
import { stringyBoolean, withoutEffect } from '../arguments';

/** MONAI's readers of images that need no program of their own: they give the same voxels for a file that they can read. */
const readers = ['nibabelreader', 'itkreader', 'pilreader', 'nrrdreader', 'pydicomreader', 'imagereader'] as const;

/** The name of a reader, with or without its module. */
export const readerName = z.string().superRefine((given, context) => {
  const name = given.replace(/^\$/, '').split('.').at(-1)!.toLowerCase();
  if (readers.some((known) => known === name)) return;
  context.addIssue({
    code: 'custom',
    message: `the reader ${JSON.stringify(given)} cannot be run; files are read by their content, as with NibabelReader, ITKReader, PILReader, NrrdReader or PydicomReader`,
  });
});

/** What MONAI's readers are given, by themselves or through LoadImaged. */
export const readerOptions = {
  channel_dim: z
    .union([z.number().int(), z.literal('no_channel')])
    .nullable()
    .default(null),
  converter: z
    .string()
    .regex(/^\$\s*lambda (\w+)\s*:\s*\1\.convert\((?:mode\s*=\s*)?(['"])RGB\2\)\s*$/, {
      error: 'only a converter to RGB is run: "$lambda image: image.convert(\'RGB\')"',
    })
    .optional(),
  affine_lps_to_ras: z.literal(true, { error: 'affines are to RAS here' }).default(true),
  reverse_indexing: z.literal(false, { error: 'images keep the order of their axes' }).default(false),
  as_closest_canonical: z.literal(false, { error: 'put Orientationd with "RAS" behind it' }).default(false),
  squeeze_non_spatial_dims: withoutEffect('layout', stringyBoolean.default(false)),
  series_name: z
    .union([z.null(), z.literal('')], { error: 'the files that a client sends are one series; it has no choice among several' })
    .default(''),
  series_meta: withoutEffect('metadata', stringyBoolean.default(false)),
}; // prettier-ignore
