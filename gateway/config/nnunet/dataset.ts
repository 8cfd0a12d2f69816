import { z } from 'zod';
import { parsed, PlansError } from './plans';

const value = z.int().min(0).max(65535);
const datasetSchema = z.looseObject({
  channel_names: z.record(z.string(), z.string()).optional(),
  modality: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.union([value, z.array(value).min(1)])),
  regions_class_order: z.array(z.int().min(1).max(65535)).nullish(),
  description: z.string().optional().catch(undefined),
});

/** The meaning of a network's heads. */
export interface Heads {
  count: number;
  /** The label that each head writes, later ones over earlier ones; without it head n is label n, and the highest wins. */
  regions?: number[];
  /** Names by label value; background left out. */
  names: Record<number, string>;
  /** All label values but 0 and that of `ignore`, in ascending order, those of regions each by itself. */
  foreground: number[];
}

export interface Dataset {
  /** Names of the channels of the image, in order. */
  channels: string[];
  heads: Heads;
}

/**
 * Reads a dataset.json as nnU-Net's LabelManager does: any label with several values makes regions; `ignore` has no head.
 * @throws PlansError
 */
export function readDataset(given: unknown): Dataset {
  const read = parsed(datasetSchema, given, 'dataset.json');
  const channels = Object.values(read.channel_names ?? read.modality ?? {});
  if (channels.length === 0) throw new PlansError('dataset.json: it has no channel_names');
  return { channels, heads: headsOf(read) };
}

function headsOf({ labels, regions_class_order: order }: z.output<typeof datasetSchema>): Heads {
  const valuesOf = (label: number | number[]) => [label].flat();
  const named = Object.entries(labels).filter(([name]) => name !== 'ignore');
  if (named.some(([name, label]) => name === 'background' && valuesOf(label).some((one) => one !== 0)))
    throw new PlansError('dataset.json: the label "background" must be 0');
  const foreground = [...new Set(named.flatMap(([, label]) => valuesOf(label)))].filter((one) => one !== 0).sort((a, b) => a - b);
  if (!named.some(([, label]) => valuesOf(label).length > 1)) return plainHeads(foreground, named.map(([name, label]) => [name, valuesOf(label)[0]]));
  const regions = named.filter(([, label]) => valuesOf(label).some((one) => one !== 0));
  if (regions.length !== order?.length)
    throw new PlansError(`dataset.json: regions_class_order has ${order?.length ?? 'no'} entries, and there are ${regions.length} regions`);
  const names: Record<number, string> = {};
  regions.forEach(([name], at) => (names[order[at]] ??= name));
  return { count: regions.length, regions: order, names, foreground };
} // prettier-ignore

function plainHeads(foreground: number[], named: readonly [string, number][]): Heads {
  const values = [...new Set(named.map(([, one]) => one))].sort((a, b) => a - b);
  const gap = values.findIndex((one, at) => one !== at);
  if (gap >= 0)
    throw new PlansError(
      `dataset.json: the labels are ${values.join(', ')}; nnU-Net numbers them from 0 without a gap`,
    );
  const names = Object.fromEntries(named.filter(([, one]) => one !== 0).map(([name, one]) => [one, name]));
  return { count: values.length, names, foreground };
}
