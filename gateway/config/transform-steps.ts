import { z } from 'zod';
import type { TransformStep } from '../model-spec';
import { argumentNames, ignoresStrangers, type SchemaParts } from './argument-schema';
import { isRecord, pathText } from './findings';
import type { ConfigPath } from './findings';
import { didYouMean, nearNames } from './near-names';
import { canonicalName, isOfficialTransform, isOfficialWriter, officialTransforms } from './clara/official-names';
import type { Reading } from './reading';
import { addIssues, readSection } from './section';
import { flag, nonEmptyText, optional } from './values';

const anyArgs = optional(z.record(z.string(), z.unknown(), { error: 'an object of arguments' }));

export const stepSchema = z.strictObject(
  {
    name: optional(nonEmptyText),
    path: optional(nonEmptyText),
    args: anyArgs,
    disabled: optional(flag),
    ref: optional(nonEmptyText),
  },
  { error: 'an object such as { "name": "LoadNifti", "args": { "fields": "image" } }' },
);

/** A chain of `{ name, args }` entries (`transforms.md` §2.2); disabled ones are left out. */
export function readSteps(value: unknown, path: ConfigPath, reading: Reading): TransformStep[] {
  if (!Array.isArray(value)) {
    reading.findings.add(path, value, 'a list of transforms');
    return [];
  }
  return value.flatMap((entry, index) => readStep(entry, [...path, index], reading) ?? []);
}

/** A step, or the steps of a `Compose`, which may nest. */
function readStep(value: unknown, path: ConfigPath, reading: Reading): TransformStep | TransformStep[] | undefined {
  const step = readSection(stepSchema, value, path, reading.findings);
  if (!step || step.disabled) return undefined;
  const name = step.name ?? step.path;
  if (name !== undefined && canonicalName(name) === 'Compose')
    return readSteps(step.args?.transforms, [...path, 'args', 'transforms'], reading);
  if (name !== undefined) return resolveStep(name, step.args ?? {}, path, reading);
  const expected = 'the name of a transform';
  const message = step.ref
    ? `${pathText(path)} is a reference ("ref": "${step.ref}"), which only training configs have; write the transform out with name and args`
    : undefined;
  reading.findings.add([...path, 'name'], undefined, expected, { message });
  return undefined;
}

/** Looks a transform up and checks its arguments; a step that is not usable is kept as written, next to its finding. */
export function resolveStep(
  name: string,
  args: Record<string, unknown>,
  path: ConfigPath,
  reading: Reading,
): TransformStep | undefined {
  const { catalogue } = reading;
  const definition = catalogue.find(name);
  if (definition) return { name: definition.name, args: checkArgs(definition, args, [...path, 'args'], reading) };
  return reportName(name, path, reading, 'transform', isOfficialTransform(name))
    ? { name: canonicalName(name), args }
    : undefined;
}

/** The entry `writer`: `{ name, args }`. */
export function readWriter(value: unknown, path: ConfigPath, reading: Reading): TransformStep {
  const none = { name: '', args: {} };
  const entry = readSection(stepSchema, value, path, reading.findings);
  if (!entry) return none;
  const name = entry.name ?? entry.path;
  if (name !== undefined) return resolveWriter(name, entry.args ?? {}, path, reading) ?? none;
  reading.findings.add([...path, 'name'], undefined, 'the name of a writer');
  return none;
}

export function resolveWriter(
  name: string,
  args: Record<string, unknown>,
  path: ConfigPath,
  reading: Reading,
): TransformStep | undefined {
  const definition = reading.catalogue.findWriter(name);
  if (definition) return { name: definition.name, args: checkArgs(definition, args, [...path, 'args'], reading) };
  return reportName(name, path, reading, 'writer', isOfficialWriter(name))
    ? { name: canonicalName(name), args }
    : undefined;
}

/** Records why `name` cannot be used. @returns true when it is an official name, so that a reader may keep the step */
function reportName(name: string, path: ConfigPath, reading: Reading, what: string, official: boolean): boolean {
  const { catalogue, findings } = reading;
  const place = [...path, 'name'];
  const where = `${pathText(path)} names the ${what} ${JSON.stringify(name)}`;
  const refusal = catalogue.refusalOf(name);
  if (refusal || official) {
    const message = refusal
      ? `${where}: ${refusal.replace(/\.$/, '')}`
      : `${where}, which this server does not have yet`;
    findings.add(place, name, `a ${what} that this server has`, { kind: 'unsupported-transform', message });
    return true;
  }
  const offered = catalogue.suggest(name);
  const suggestions = offered.length > 0 ? offered : nearNames(canonicalName(name), officialTransforms);
  const python = /\w\.\w/.test(name) ? ` (${catalogue.whyNotOwn(name)})` : '';
  const message = `${where}, which is not known${python}${didYouMean(suggestions)}`;
  findings.add(place, name, `the name of a ${what}`, { kind: 'unknown-transform', message, suggestions });
  return false;
}

/** Checks arguments with the definition's schema: unknown ones are errors here, for Python would raise too. */
function checkArgs(
  definition: { name: string; args: z.ZodType },
  args: Record<string, unknown>,
  path: ConfigPath,
  { findings }: Reading,
): Record<string, unknown> {
  const result = definition.args.safeParse(args);
  const known = argumentNames(definition.args as SchemaParts);
  const unknown = new Set(
    ignoresStrangers(definition.args as SchemaParts) ? Object.keys(args).filter((key) => !known?.includes(key)) : [],
  );
  if (!result.success) {
    const strangers = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
    for (const issue of strangers) if (issue.path.length === 0) for (const key of issue.keys) unknown.add(key);
    const others = result.error.issues.filter((issue) => issue.code !== 'unrecognized_keys' || issue.path.length > 0);
    addIssues(others, args, path, findings);
  }
  for (const key of unknown) {
    const suggestions = nearNames(key, known ?? []);
    const list = known ? `one of ${known.join(', ')}` : 'an argument that it has';
    const message = `${pathText([...path, key])} is not an argument of ${definition.name}; expected ${list}${didYouMean(suggestions)}`;
    findings.add([...path, key], args[key], list, { message, suggestions });
  }
  return result.success && isRecord(result.data) ? result.data : args;
}
