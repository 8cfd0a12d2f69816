import { z } from 'zod';
import type { TransformStep } from '../model-spec';
import { candidateNames } from '../transforms/names';
import { isRecord, pathText, type ConfigPath } from './findings';
import { nearNames } from '../near-names';
import type { Reading } from './reading';
import { addIssues, readSection } from './section';
import { flag, nonEmptyText, optional } from './values';

export const stepSchema = z.strictObject(
  {
    name: optional(nonEmptyText),
    path: optional(nonEmptyText),
    args: optional(z.record(z.string(), z.unknown(), { error: 'an object of arguments' })),
    disabled: optional(flag),
    ref: optional(nonEmptyText),
  },
  { error: 'an object such as { "name": "LoadNifti", "args": { "fields": "image" } }' },
);

/** No chain has as many; each unknown one is compared with all names. */
const MOST_STEPS = 200;

export const isCompose = (name: string) => candidateNames(name).includes('compose');

/** A chain of `{ name, args }` entries; disabled ones are left out, those of a `Compose`, which may nest, are taken out of it. */
export function readSteps(value: unknown, path: ConfigPath, reading: Reading): TransformStep[] {
  if (!Array.isArray(value)) {
    reading.findings.add(path, value, 'a list of transforms');
    return [];
  }
  if (value.length > MOST_STEPS) {
    const message = `${pathText(path)} has ${value.length} transforms, at most ${MOST_STEPS} are read`;
    reading.findings.add(path, undefined, 'a shorter list', { message });
    return [];
  }
  return value.flatMap((entry, index): TransformStep[] => {
    const place = [...path, index];
    const step = readSection(stepSchema, entry, place, reading.findings);
    if (!step || step.disabled) return [];
    const name = step.name ?? step.path;
    if (name !== undefined && isCompose(name))
      return readSteps(step.args?.transforms, [...place, 'args', 'transforms'], reading);
    if (name !== undefined) return [resolve('transform', name, step.args ?? {}, place, reading) ?? []].flat();
    const message = step.ref
      ? `${pathText(place)} is a reference ("ref": "${step.ref}"), which only training configs have; write the transform out with name and args`
      : undefined;
    reading.findings.add([...place, 'name'], undefined, 'the name of a transform', { message });
    return [];
  });
}

/** The entry `writer`: `{ name, args }`. */
export function readWriter(value: unknown, path: ConfigPath, reading: Reading): TransformStep {
  const none = { name: '', args: {} };
  const entry = readSection(stepSchema, value, path, reading.findings);
  if (!entry) return none;
  const name = entry.name ?? entry.path;
  if (name !== undefined) return resolve('writer', name, entry.args ?? {}, path, reading) ?? none;
  reading.findings.add([...path, 'name'], undefined, 'the name of a writer');
  return none;
}

type Kind = 'transform' | 'writer';

const definitionOf = (kind: Kind, name: string, { catalogue }: Reading) =>
  kind === 'writer' ? catalogue.findWriter(name) : catalogue.find(name);

/** Looks a transform or writer up and checks its arguments; one that is refused is kept as written, next to its finding. */
export function resolve(
  kind: Kind,
  name: string,
  args: Record<string, unknown>,
  path: ConfigPath,
  reading: Reading,
): TransformStep | undefined {
  const { catalogue, findings } = reading;
  const definition = definitionOf(kind, name, reading);
  if (definition) return { name: definition.name, args: checkArgs(definition, args, [...path, 'args'], reading) };
  const place = [...path, 'name'];
  const where = `${pathText(path)} names the ${kind} ${JSON.stringify(name)}`;
  const refusal = catalogue.refusalOf(name)?.replace(/\.$/, '');
  const other: Kind = kind === 'writer' ? 'transform' : 'writer';
  if (refusal || definitionOf(other, name, reading)) {
    const message = refusal ? `${where}: ${refusal}` : `${where}, which is a ${other}`;
    findings.add(place, name, `a ${kind} that this server has`, { kind: 'unsupported-transform', message });
    return { name: name.replace(/#.*$/, '').split('.').at(-1)!, args };
  }
  const suggestions = catalogue.suggest(name);
  const python = /\w\.\w/.test(name) ? ` (${catalogue.whyNotOwn(name)})` : '';
  const message = `${where}, which is not known${python}`;
  findings.add(place, name, `the name of a ${kind}`, { kind: 'unknown-transform', message, suggestions });
  return undefined;
}

/** Checks arguments with the definition's schema: unknown ones are errors here, for Python would raise too. */
function checkArgs(
  definition: { name: string; args: z.ZodType },
  args: Record<string, unknown>,
  path: ConfigPath,
  { findings }: Reading,
): Record<string, unknown> {
  const result = definition.args.safeParse(args);
  const schema: SchemaParts = definition.args;
  const shape = shapeOf(schema);
  const known = shape && Object.keys(shape);
  // `z.object` drops unknown keys without a word; `z.strictObject` reports them itself.
  const dropped = schema.shape && schema.def?.catchall === undefined ? Object.keys(args) : [];
  const unknown = new Set(dropped.filter((key) => !known?.includes(key)));
  const others = (result.error?.issues ?? []).filter((issue) => {
    if (issue.code !== 'unrecognized_keys' || issue.path.length > 0) return true;
    for (const key of issue.keys) unknown.add(key);
    return false;
  });
  addIssues(others, args, path, findings);
  for (const key of unknown) {
    const suggestions = nearNames(key, known ?? []);
    const list = known ? `one of ${known.join(', ')}` : 'an argument that it has';
    const message = `${pathText([...path, key])} is not an argument of ${definition.name}; expected ${list}`;
    findings.add([...path, key], args[key], list, { message, suggestions });
  }
  return result.success && isRecord(result.data) ? result.data : args;
}

/** The parts of zod's schemas that tell the arguments of a transform. */
export interface SchemaParts {
  shape?: Record<string, unknown>;
  def?: { type?: string; innerType?: SchemaParts; in?: SchemaParts; out?: SchemaParts; catchall?: SchemaParts };
}

/** True for an argument that is taken and changes no number: its value need not be understood. */
export function ignoresArgument(schema: SchemaParts, name: string): boolean {
  const argument = shapeOf(schema)?.[name] as z.ZodType | undefined;
  return argument?.meta()?.withoutEffect !== undefined;
}

/** The arguments of an object schema, also inside defaults and conversions; undefined when they cannot be told. */
function shapeOf(schema: SchemaParts | undefined): Record<string, unknown> | undefined {
  if (!schema || schema.shape) return schema?.shape;
  const { innerType, in: before, out: after } = schema.def ?? {};
  return shapeOf(innerType ?? (before?.def?.type === 'transform' ? after : before));
}

/**
 * How many leading pre-transforms give the same result for every request on one image.
 * `cache_until` names the last step to keep, or is "ALL"; without it, it is as far as possible. A step that reads the request's params ends it
 * in any case: NVIDIA's own deepgrow configs write `cache_until: AddGuidanceFromPointsd`, and a kept guidance would be that of an earlier click.
 */
export function cacheableSteps(pre: readonly TransformStep[], cacheUntil: unknown, reading: Reading): number {
  const { catalogue, findings } = reading;
  const firstReader = pre.findIndex(({ name }) => catalogue.find(name)?.readsParams ?? false);
  const safe = firstReader < 0 ? pre.length : firstReader;
  if (cacheUntil === undefined || cacheUntil === null || cacheUntil === '') return safe;
  if (typeof cacheUntil !== 'string') {
    findings.add(['cache_until'], cacheUntil, '"ALL" or the name of a pre-transform');
    return safe;
  }
  if (cacheUntil.toUpperCase() === 'ALL') return safe;
  const wanted = catalogue.find(cacheUntil)?.name ?? cacheUntil;
  const last = pre.findIndex((step) => step.name === wanted);
  if (last < 0) {
    const names = pre.map((step) => step.name);
    const expected = `"ALL" or one of the pre-transforms (${names.join(', ')})`;
    const message = `cache_until is ${JSON.stringify(cacheUntil)}, but must be ${expected}`;
    findings.add(['cache_until'], cacheUntil, expected, { message, suggestions: nearNames(wanted, names) });
  }
  return Math.min(last + 1, safe);
}
