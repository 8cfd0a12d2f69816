import { z } from 'zod';
import { isRecord, showValue } from '../findings';

/** Plans or a dataset.json of nnU-Net that cannot be served; a sentence without full stop. */
export class PlansError extends Error {
  override readonly name = 'PlansError';
}

const size = z.int().min(1).max(4096);
const mm = z.number().positive();
/** Those of torch's function and of the other one. */
const resampling = z.looseObject({
  mode: z.literal('linear', { error: 'served is "linear"' }).optional(),
  aniso_axis_mode: z.literal('nearest-exact', { error: 'served is "nearest-exact"' }).optional(),
  order: z.int().default(3),
  order_z: z.int().default(0),
  force_separate_z: z.boolean().nullish(),
  separate_z_anisotropy_threshold: z.number().positive().default(3),
});
const fingerprint = z.looseObject({
  mean: z.number(),
  std: z.number().min(0),
  percentile_00_5: z.number(),
  percentile_99_5: z.number(),
});

const configurationSchema = z.looseObject({
  patch_size: z.array(size).min(2).max(3),
  spacing: z.array(mm).min(2).max(3),
  preprocessor_name: z.string().default('DefaultPreprocessor'),
  normalization_schemes: z.array(z.string()).min(1).max(64),
  use_mask_for_norm: z.array(z.boolean()).min(1),
  resampling_fn_data: z.string(),
  resampling_fn_data_kwargs: resampling,
  resampling_fn_probabilities: z.string(),
  resampling_fn_probabilities_kwargs: resampling,
  /** Read for the second stage of a cascade. */
  resampling_fn_seg: z.string().optional(),
  resampling_fn_seg_kwargs: resampling.optional(),
  previous_stage: z.string().nullish(),
});

const axisOrder = z.tuple([z.int(), z.int(), z.int()]).refine((axes) => axes.toSorted().every((axis, at) => axis === at), {
  error: 'the axes 0, 1 and 2 in some order',
}); // prettier-ignore

const plansSchema = z.looseObject({
  dataset_name: z.string().default(''),
  plans_name: z.string().default(''),
  image_reader_writer: z.string(),
  transpose_forward: axisOrder,
  transpose_backward: axisOrder,
  label_manager: z.string().default('LabelManager'),
  foreground_intensity_properties_per_channel: z.record(z.string(), fingerprint).optional(),
  foreground_intensity_properties_by_modality: z.record(z.string(), fingerprint).optional(),
  configurations: z.record(z.string(), z.record(z.string(), z.unknown())),
});

export type Plans = z.output<typeof plansSchema>;
export type Configuration = z.output<typeof configurationSchema>;

/** @throws PlansError naming the key of plans.json that is missing or wrong */
export function readPlans(given: unknown): Plans {
  return parsed(plansSchema, given, 'plans.json');
}

/**
 * A configuration of plans.json with what it inherits.
 * @throws PlansError naming the key, or what of nnU-Net is not done here
 */
export function readConfiguration(plans: Plans, name: string): Configuration {
  const merged = inherited(plans, name);
  const place = `plans.json, configuration "${name}"`;
  const read = parsed(configurationSchema, merged, place);
  const only = (what: string, value: string, known: readonly string[]) => {
    if (!known.includes(value)) throw new PlansError(`${place}: ${what} is "${value}"; served are ${known.join(', ')}`);
  };
  only('preprocessor_name', read.preprocessor_name, ['DefaultPreprocessor']);
  only('label_manager', plans.label_manager, ['LabelManager']);
  only('image_reader_writer', plans.image_reader_writer, Object.keys(readers));
  for (const scheme of read.normalization_schemes) only('a normalization scheme', scheme, normalizations);
  only('resampling_fn_data', read.resampling_fn_data, resamplers);
  only('resampling_fn_probabilities', read.resampling_fn_probabilities, resamplers);
  if (read.resampling_fn_seg !== undefined && read.previous_stage)
    only('resampling_fn_seg', read.resampling_fn_seg, ofLabels);
  checkOrders(read, place);
  if (read.use_mask_for_norm.length !== read.normalization_schemes.length)
    throw new PlansError(`${place}: use_mask_for_norm and normalization_schemes have different lengths`);
  if (read.spacing.length !== read.patch_size.length)
    throw new PlansError(`${place}: spacing has ${read.spacing.length} axes and patch_size ${read.patch_size.length}`);
  return read;
}

/** nnU-Net's readers, and whether they turn an image to RAS first. */
export const readers: Record<string, { canonical: boolean }> = {
  SimpleITKIO: { canonical: false },
  NibabelIO: { canonical: false },
  SimpleITKIOWithReorient: { canonical: true },
  NibabelIOWithReorient: { canonical: true },
  NaturalImage2DIO: { canonical: false },
  Tiff3DIO: { canonical: false },
};

export const normalizations = ['CTNormalization', 'ZScoreNormalization', 'RescaleTo01Normalization', 'RGBTo01Normalization', 'NoNormalization']; // prettier-ignore
const ofLabels = ['resample_data_or_seg_to_shape', 'no_resampling_hack'];
/** That of torchres planners, for images and scores. */
export const TORCH = 'resample_torch_fornnunet';
const resamplers = [...ofLabels, TORCH];

function checkOrders(configuration: Configuration, place: string): void {
  const { resampling_fn_data_kwargs: data, resampling_fn_probabilities_kwargs: scores } = configuration;
  // torch's function is linear, and has no orders.
  const isTorch = (key: string) => configuration[key.replace(/_kwargs.*/, '') as 'resampling_fn_data'] === TORCH;
  const { resampling_fn_seg_kwargs: labels = { order: 1, order_z: 0 } } = configuration;
  for (const [key, value, known] of [
    ['resampling_fn_data_kwargs.order', data.order, [0, 1, 3]],
    ['resampling_fn_data_kwargs.order_z', data.order_z, [0]],
    ['resampling_fn_probabilities_kwargs.order', scores.order, [0, 1]],
    ['resampling_fn_probabilities_kwargs.order_z', scores.order_z, [0]],
    ['resampling_fn_seg_kwargs.order', labels.order, [0, 1]],
    ['resampling_fn_seg_kwargs.order_z', labels.order_z, [0]],
  ] as const)
    if (!isTorch(key) && !(known as readonly number[]).includes(value))
      throw new PlansError(`${place}: ${key} is ${value}; served are ${known.join(', ')}`);
}

/** A configuration with all that it inherits. @throws PlansError */
export function inherited(plans: Pick<Plans, 'configurations'>, name: string): Record<string, unknown> {
  const chain: string[] = [];
  const own = (wanted: string) => (Object.hasOwn(plans.configurations, wanted) ? plans.configurations[wanted] : undefined);
  let merged: Record<string, unknown> = {};
  for (let next: unknown = name; next !== undefined; ) {
    const found = typeof next === 'string' ? own(next) : undefined;
    const known = Object.keys(plans.configurations).join(', ');
    if (!found) throw new PlansError(`plans.json has no configuration ${showValue(next)} (it has ${known || 'none'})`);
    if (chain.includes(next as string)) throw new PlansError(`plans.json: the configuration "${name}" inherits from itself`);
    chain.push(next as string);
    const { inherits_from: parent, ...rest } = found;
    merged = { ...rest, ...merged };
    next = parent ?? undefined;
  }
  return merged;
} // prettier-ignore

/** @throws PlansError naming the first key that is wrong */
export function parsed<S extends z.ZodType>(schema: S, given: unknown, place: string): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue.path.map(String).join('.');
  const value = issue.path.reduce<unknown>((inner, key) => (isRecord(inner) || Array.isArray(inner) ? (inner as Record<PropertyKey, unknown>)[key] : undefined), given);
  const expected = issue.message.replace(/^Invalid input: /, '');
  throw new PlansError(`${place}: ${path || 'it'} is ${showValue(value)}; ${expected}`);
} // prettier-ignore
