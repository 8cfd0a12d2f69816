import type { ModelSpec, ModelType } from '../../model-spec';
import { nearNames, didYouMean } from '../near-names';
import { readLabels } from '../labels';
import type { Reading } from '../reading';

/** Top-level keys of the configs of Clara 2.x and 3.x. */
export const claraKeys = [
  'version',
  'type',
  'labels',
  'description',
  'format',
  'pre_transforms',
  'inference',
  'post_transforms',
  'writer',
];

const types: readonly ModelType[] = ['segmentation', 'annotation', 'classification', 'deepgrow', 'others', 'pipeline'];

export type SpecHead = Pick<ModelSpec, 'name' | 'type' | 'labels' | 'labelTerms' | 'description' | 'version'>;

/** The keys that every Clara dialect has at its top (`aiaa-api.md` §10.1). */
export function readHead(config: Record<string, unknown>, silentVersion: string, reading: Reading): SpecHead {
  const { findings } = reading;
  const { description } = config;
  if (description !== undefined && description !== null && typeof description !== 'string') {
    findings.add(['description'], description, 'a text');
  }
  return {
    name: reading.name,
    type: readType(config.type, reading),
    ...readLabels(config.labels, ['labels'], findings),
    description: typeof description === 'string' ? description : '',
    version: readVersion(config.version, silentVersion, reading),
  };
}

function readType(value: unknown, { findings }: Reading): ModelType {
  const wanted = typeof value === 'string' ? value.trim().toLowerCase() : '';
  const type = types.find((known) => known === wanted);
  if (!type) {
    const expected = `one of ${types.join(', ')}`;
    const suggestions = wanted ? nearNames(wanted, types) : [];
    const message = `type is ${JSON.stringify(value) ?? 'missing'}, but must be ${expected}${didYouMean(suggestions)}`;
    findings.add(['type'], value, expected, { message, suggestions });
  }
  return type ?? 'others';
}

/** As clients see it, always a text: a number makes the C++ client reject the whole list (`aiaa-api.md` §1 fact 11). */
export function readVersion(value: unknown, silentVersion: string, { findings }: Reading): string {
  if (value === undefined || value === null || value === '') return silentVersion;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  findings.add(['version'], value, 'a number or a text');
  return silentVersion;
}
