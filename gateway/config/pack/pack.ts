import { z } from 'zod';
import type { ModelSpec, PackInferer, PackPart } from '../../model-spec';
import { type ConfigPath } from '../findings';
import { didYouMean, nearNames } from '../../near-names';
import { readLabels } from '../labels';
import type { Reading } from '../reading';
import { readSection, warnUnknownKeys } from '../section';
import { readWriter, resolve } from '../transform-steps';
import { nonEmptyText } from '../values';

const mm = z.number().positive();
const spacing = z.union([mm, z.array(mm).length(3)], { error: 'mm per voxel, one number or three (x, y, z)' });
const distance = z.number().min(0);
const names = z.array(nonEmptyText).min(1);

const part = {
  /** Name of a model of nnU-Net on this server. */
  model: nonEmptyText,
  /** What its labels 1, 2, … are called in the pack; null leaves one out. @default their names in the model */
  labels: z.array(nonEmptyText.nullable()).min(1).optional(),
};

const cleaning = z.union(
  [
    z.strictObject({ labels: names.optional(), keep: z.literal('largest') }),
    z.strictObject({ labels: names.optional(), at_most_mm3: z.number().positive() }),
  ],
  { error: '{"keep": "largest"} or {"at_most_mm3": 200}, with "labels" where not all are meant' },
);

const stage = {
  /** mm per voxel to which the image is resampled before the parts, for all axes or x, y and z. @default the image's own */
  resample: spacing.nullable().default(null),
  /** Degree of the spline: 1 as TotalSegmentator since 2.16. @default 1 */
  order: z.literal(1).default(1),
  /** Share of a window by which the next one is moved; TotalSegmentator's `total` has 0.8. @default 0.5 */
  step: z.number().gt(0).max(1).default(0.5),
  /** Components that are taken out of the labels, before they are brought back to the image's grid. */
  clean: z.array(cleaning).default([]),
};

/** Models of nnU-Net put together: the keys beside `type`, `labels`, `description`, `version` and `writer`. */
export const packSchema = z.strictObject(
  {
    /** Models, later ones over earlier ones. */
    parts: z.array(z.strictObject(part)).min(1).max(100),
    ...stage,
    /** A quick model that finds where `crop` or `params.roi_subset` lies; only that part of the image is then looked at. */
    rough: z.strictObject({ ...part, ...stage, margin: z.union([distance, z.array(distance).length(3)]).default(20) }).optional(),
    /** Labels of the rough model that the image is cropped to. @default all of the image */
    crop: names.optional(),
  },
  { error: 'an object with parts' },
); // prettier-ignore

type PackSection = z.output<typeof packSchema>;

const IMAGE = 'image';
const MASK = 'pred';
const beside = ['type', 'labels', 'description', 'version', 'writer'];

export const isPack = (config: Record<string, unknown>) => config.type === 'pack';

/** A config of `type: pack`: it names loaded models of nnU-Net, whose labels make one mask. To clients it is a segmentation model. */
export function readPack(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  const { findings, name } = reading;
  const keys = Object.keys(packSchema.shape);
  warnUnknownKeys(config, [...keys, ...beside], findings);
  const given = Object.fromEntries(keys.filter((key) => key in config).map((key) => [key, config[key]]));
  const section = readSection(packSchema, given, [], findings);
  const labels = readLabels(config.labels, ['labels'], findings, 'background');
  if (labels.labels.length === 0) findings.add(['labels'], config.labels, 'the names of the labels 1, 2, … of the mask');
  if (!section) return undefined;
  checkNames(section, labels.labels, reading);
  const loader = resolve('transform', 'LoadNifti', { fields: [IMAGE], as_closest_canonical: true }, ['pre'], reading);
  const { description, version } = config;
  return {
    name,
    type: 'segmentation',
    ...labels,
    description: typeof description === 'string' ? description : `${labels.labels.length} labels of ${section.parts.map(({ model }) => model).join(', ')}`,
    version: typeof version === 'string' || typeof version === 'number' ? String(version) : '1',
    dialect: 'pack',
    pre: [loader!],
    cacheableSteps: 1,
    inference: {
      inferer: infererOf(section),
      inputs: [{ tensor: '', field: IMAGE }],
      outputs: [{ tensor: '', field: MASK }],
    },
    post: [],
    writer: config.writer === undefined ? { name: 'Writer', args: { image: MASK } } : readWriter(config.writer, ['writer'], reading),
    info: {},
    warnings: findings.warnings,
  };
} // prettier-ignore

function infererOf({ parts, rough, crop, ...own }: PackSection): PackInferer {
  return {
    kind: 'pack',
    parts,
    ...stageOf(own),
    ...(rough && { rough: { model: rough.model, labels: rough.labels, ...stageOf(rough), margin: threeOf(rough.margin) } }),
    ...(crop && { crop }),
    models: [...new Set([...parts, ...(rough ? [rough] : [])].map(({ model }) => model))],
  };
} // prettier-ignore

const threeOf = (value: number | number[]) => (typeof value === 'number' ? [value, value, value] : value);

const stageOf = ({ resample, order, step, clean }: Pick<PackSection, 'resample' | 'order' | 'step' | 'clean'>) => ({
  spacing: resample === null ? null : threeOf(resample),
  order,
  step,
  cleaning: clean.map(({ labels, ...one }) => ({ labels, ...('keep' in one ? one : { atMost: one.at_most_mm3 }) })),
});

function checkNames({ parts, rough, crop, clean }: PackSection, labels: string[], { findings }: Reading): void {
  const check = (path: ConfigPath, name: string, known: readonly string[], whose: string) => {
    if (known.includes(name)) return;
    const suggestions = nearNames(name, known);
    const message = `"${name}" is not a label of ${whose}${didYouMean(suggestions)}`;
    findings.add(path, name, `a label of ${whose}`, { message, suggestions });
  };
  parts.forEach((one: PackPart, at) =>
    one.labels?.forEach((name, n) => name !== null && check(['parts', at, 'labels', n], name, labels, 'the pack')),
  );
  clean.forEach((one, at) => one.labels?.forEach((name, n) => check(['clean', at, 'labels', n], name, labels, 'the pack')));
  if (crop && !rough) findings.add(['rough'], undefined, 'the model whose labels "crop" names');
  const ofRough = rough?.labels?.filter((name) => name !== null);
  if (!ofRough) return;
  crop?.forEach((name, n) => check(['crop', n], name, ofRough, 'the rough model'));
  rough?.clean.forEach((one, at) => one.labels?.forEach((name, n) => check(['rough', 'clean', at, 'labels', n], name, ofRough, 'the rough model')));
} // prettier-ignore
