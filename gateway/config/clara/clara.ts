import type { z } from 'zod';
import type { ModelSpec, ModelType, TransformStep } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import { isRecord } from '../findings';
import { nearNames } from '../../near-names';
import { readLabels } from '../labels';
import type { Reading } from '../reading';
import { readSection, warnUnknownKeys } from '../section';
import { cacheableSteps, readSteps, readWriter } from '../transform-steps';

/** Keys at the top of the configs of every Clara. */
const commonKeys = ['version', 'type', 'labels', 'description', 'pre_transforms', 'inference', 'post_transforms', 'writer', 'cache_until']; // prettier-ignore

/** Keys at the top of the configs of Clara 2, 3 and 4. */
export const topKeys: readonly string[] = [...commonKeys, 'format'];

type Head = Pick<ModelSpec, 'name' | 'type' | 'labels' | 'labelTerms' | 'description' | 'version'>;

/** The parts that are read before the network is. */
export interface Before {
  config: Record<string, unknown>;
  head: Head;
  pre: readonly TransformStep[];
  writer: TransformStep;
}

/** A dialect's reading of the key `inference`. */
export type Network = Pick<ModelSpec, 'inference' | 'info'> & { triton?: TritonModelConfig };

/** One version of Clara: how its key `inference` is written, and what it means. */
export interface ClaraDialect<S extends z.ZodType = z.ZodType> {
  dialect: ModelSpec['dialect'];
  /** The model's version where the config does not say. */
  silentVersion: string;
  /** Keys at the top of the config besides those of all. */
  keys: readonly string[];
  inference: S;
  /** Undefined after a finding. */
  network(inference: z.output<S>, before: Before, reading: Reading): Network | undefined;
}

/** Keeps the type of `inference` between schema and function. */
export const defineDialect = <S extends z.ZodType>(dialect: ClaraDialect<S>) => dialect as unknown as ClaraDialect;

/** Reads a config of one of Clara's dialects; undefined after a finding. */
export function readClara(
  { dialect, silentVersion, keys, inference: schema, network }: ClaraDialect,
  config: Record<string, unknown>,
  reading: Reading,
): ModelSpec | undefined {
  const { findings } = reading;
  warnUnknownKeys(config, [...commonKeys, ...keys], findings);
  const head = readHead(config, silentVersion, reading);
  const pre = readSteps(config.pre_transforms, ['pre_transforms'], reading);
  const post = readSteps(config.post_transforms ?? [], ['post_transforms'], reading);
  const writer = readWriter(config.writer, ['writer'], reading);
  const inference = readSection(schema, config.inference, ['inference'], findings);
  const cacheable = cacheableSteps(pre, config.cache_until, reading);
  const read = inference === undefined ? undefined : network(inference, { config, head, pre, writer }, reading);
  if (!read) return undefined;
  const { triton, info, ...rest } = read;
  const spec = { ...head, dialect, pre, cacheableSteps: cacheable, ...rest, post, writer, info };
  return { ...spec, ...(triton && { triton }), warnings: findings.warnings };
}

const types: readonly ModelType[] = ['segmentation', 'annotation', 'classification', 'deepgrow', 'others', 'pipeline'];

function readHead(config: Record<string, unknown>, silentVersion: string, reading: Reading): Head {
  const { findings } = reading;
  const description = config.description ?? '';
  if (typeof description !== 'string') findings.add(['description'], description, 'a text');
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
  if (type) return type;
  const expected = `one of ${types.join(', ')}`;
  const suggestions = wanted ? nearNames(wanted, types) : [];
  const message = `type is ${JSON.stringify(value) ?? 'missing'}, but must be ${expected}`;
  findings.add(['type'], value, expected, { message, suggestions });
  return 'others';
}

/** As clients see it, always a text: a number makes the C++ client reject the whole list of models. */
export function readVersion(value: unknown, silentVersion: string, { findings }: Reading): string {
  if (value === undefined || value === null || value === '') return silentVersion;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  findings.add(['version'], value, 'a number or a text');
  return silentVersion;
}

/** Keys that AIAA itself added when it stored a model. */
const runtimeKey = /^(format|path|name|inference_\w+)$/;

/** Keys that they repeat of `inference`. */
const copied = ['batch_size', 'roi', 'scanning_window', 'padding', 'image', 'image_format', 'channel_first'];

/**
 * AIAA's own stored form, `{ "<model>": { ..., "inference": {...} } }`, unwrapped to the config inside; any other value as it is.
 * Runtime keys go, except where `inference` leaves out what they repeat.
 */
export function unwrapRuntimeDump(config: unknown, { name, findings }: Reading): unknown {
  if (!isRecord(config) || 'inference' in config) return config;
  const models = Object.entries(config);
  if (models.length === 0 || !models.every(([, model]) => isRecord(model) && isRecord(model.inference))) return config;
  const [key, model] = models.find(([stored]) => stored === name) ?? models[0];
  if (models.length > 1 && key !== name) {
    const names = models.map(([stored]) => stored).join(', ');
    const expected = `the config of one model; this is a dump of ${models.length} (${names}), none called "${name}"`;
    findings.add([], Object.keys(config), expected);
  }
  findings.warn(`The config is a dump of AIAA's own model list; the entry "${key}" was taken from it`);
  const stored = model as Record<string, unknown>;
  const inference = { ...(stored.inference as Record<string, unknown>) };
  for (const part of copied) inference[part] ??= stored[`inference_${part}`];
  return { ...Object.fromEntries(Object.entries(stored).filter(([part]) => !runtimeKey.test(part))), inference };
}
