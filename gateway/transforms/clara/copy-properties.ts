import { z } from 'zod';
import type { Volume } from '../../imaging/volume';
import { fieldName, fieldNames } from '../arguments';
import { defineTransform } from '../definition';

/** Clara's names of properties, and how to take each from another image. Absent ones are skipped. */
const copiers: Record<string, (from: Volume, to: Volume) => Volume> = {
  // The file's header goes with its affine: units and form codes of the result are taken from it.
  affine: (from, to) => ({ ...to, affine: from.affine ?? to.affine, properties: { ...to.properties, header: from.properties.header ?? to.properties.header } }),
  original_affine: (from, to) => withProperty(to, 'originalAffine', from),
  as_canonical: (from, to) => withProperty(to, 'asCanonical', from),
  original_shape: (from, to) => withProperty(to, 'originalShape', from),
  filename: (from, to) => withProperty(to, 'filename', from),
}; // prettier-ignore

function withProperty(to: Volume, name: keyof Volume['properties'], from: Volume): Volume {
  return from.properties[name] === undefined
    ? to
    : { ...to, properties: { ...to.properties, [name]: from.properties[name] } };
}

export const copyProperties = defineTransform({
  name: 'CopyProperties',
  dialect: 'clara',
  summary: 'Gives images the affine and other properties of another one: a network output has none of its own.',
  source: 'transforms.md §4.6',
  args: z.strictObject({
    fields: fieldNames,
    from_field: fieldName,
    properties: z.union([z.string().transform((name) => [name]), z.array(z.string())]),
  }),
  apply(sample, { fields, from_field: source, properties }) {
    const from = sample.volume(source);
    for (const field of fields) {
      const copied = properties.reduce((to, name) => copiers[name]?.(from, to) ?? to, sample.volume(field));
      sample.volumes.set(field, copied);
    }
  },
});
