import { z } from 'zod';
import type { TransformCatalogue } from '../../gateway/config/reading';
import type { TransformDefinition } from '../../gateway/transforms/definition';

const fields = z.union([z.string(), z.array(z.string())]).transform((names) => [names].flat());
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

const schemas = new Map<string, z.ZodType>(
  Object.entries({
    LoadNifti: z.strictObject({ fields, as_closest_canonical: flag.default(false) }),
    LoadPng: z.strictObject({ fields }),
    ConvertToChannelsFirst: z.strictObject({ fields }),
    ConvertToChannelsLast: z.strictObject({ fields }),
    ScaleIntensityRange: z.strictObject({ fields, a_min: z.number(), a_max: z.number() }),
    AddExtremePointsChannel: z.strictObject({ image_field: z.string() }),
    ArgmaxAcrossChannels: z.strictObject({ fields }),
    // Not strict on purpose: a definition that forgot it must not swallow arguments.
    LoadImaged: z.object({ keys: fields, dtype: z.string().optional() }),
    AsDiscreted: z.strictObject({ keys: fields, argmax: z.boolean().default(false) }),
  }),
);

const facts: Record<string, Partial<TransformDefinition>> = {
  LoadNifti: { kind: 'load' },
  LoadPng: { kind: 'load', flat: true },
  LoadImaged: { kind: 'load' },
  ConvertToChannelsFirst: { channels: 'first' },
  ConvertToChannelsLast: { channels: 'last' },
  AddExtremePointsChannel: { readsParams: true },
  ArgmaxAcrossChannels: { yieldsLabels: () => true },
  AsDiscreted: { yieldsLabels: (args) => (args as { argmax: boolean }).argmax },
};

const writers = new Map<string, z.ZodType>(
  Object.entries({
    WriteNifti: z.strictObject({ field: z.string(), dtype: z.string().default('float32') }),
    Writer: z.strictObject({ image: z.string(), json: z.string().optional() }),
  }),
);

const short = (name: string) => name.replace(/^(monai|aiaa)\.transforms\./, '');

function define(known: Map<string, z.ZodType>, name: string): TransformDefinition | undefined {
  const args = known.get(short(name));
  return (
    args && {
      name: short(name),
      dialect: 'clara',
      args,
      summary: '',
      source: '',
      ...facts[short(name)],
      apply: () => undefined,
    }
  );
}

/** A few transforms with schemas of their own, so that tests of the reader do not depend on those of the server. */
export const catalogue: TransformCatalogue = {
  find: (name) => define(schemas, name),
  findWriter: (name) => define(writers, name),
  refusalOf: (name) => (name === 'RandomZoom' ? 'RandomZoom is random augmentation.' : undefined),
  suggest: (name) => (/^Load/.test(name) ? ['LoadNifti', 'LoadPng'] : []),
  whyNotOwn: () => 'Python classes of your own cannot run here',
};
