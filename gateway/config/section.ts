import type { z } from 'zod';
import { isRecord, pathText, type ConfigPath, type Findings } from './findings';
import { didYouMean, nearNames } from '../near-names';

type Issue = z.core.$ZodIssue;

/**
 * Reads one part of a config with a strict schema: unknown keys become warnings and are left out, everything else becomes a finding.
 * @returns the parsed value, or undefined after a finding
 */
export function readSection<S extends z.ZodType>(
  schema: S,
  value: unknown,
  path: ConfigPath,
  findings: Findings,
): z.output<S> | undefined {
  let result = schema.safeParse(value);
  if (!result.success) {
    const unknown = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
    for (const issue of unknown)
      for (const key of issue.keys) warnUnknownKey([...path, ...keysOf(issue)], key, findings);
    if (unknown.length > 0) result = schema.safeParse(withoutKeys(value, unknown));
  }
  if (result.success) return result.data;
  addIssues(result.error.issues, value, path, findings);
  return undefined;
}

/** Records the issues of a zod error as findings with paths from the top of the config. */
export function addIssues(issues: readonly Issue[], value: unknown, path: ConfigPath, findings: Findings): void {
  for (const issue of issues) {
    const place = keysOf(issue);
    findings.add([...path, ...place], valueAt(value, place), expectation(issue));
  }
}

/** Warns of the keys at the top of a config that are not in `known`. */
export function warnUnknownKeys(value: Record<string, unknown>, known: readonly string[], findings: Findings): void {
  for (const key of Object.keys(value)) if (!known.includes(key)) warnUnknownKey([], key, findings, known);
}

function warnUnknownKey(path: ConfigPath, key: string, findings: Findings, known: Iterable<string> = []): void {
  const place = pathText(path) || 'the top level';
  findings.warn(`The key "${key}" at ${place} is not known and was ignored${didYouMean(nearNames(key, known))}`);
}

/** The schema's wish, in words: zod's own messages are cut to their "expected ..." part, ours are that already. */
function expectation(issue: Issue): string {
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.flatMap((branch) => branch.slice(0, 1)).map(expectation);
    if (branches.length > 0 && /^Invalid/.test(issue.message)) return [...new Set(branches)].join(', or ');
  }
  const [, expected] = /^(?:Invalid|Too)[^:]*: expected (.+?)(?:, received .+)?$/.exec(issue.message) ?? [];
  return expected ?? issue.message.replace(/^expected /, '').replace(/, got .*$/, '');
}

const keysOf = (issue: Issue) => issue.path.map((key) => (typeof key === 'number' ? key : String(key)));

function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined | null)?.[key], value);
}

function withoutKeys(value: unknown, unknown: readonly { path: PropertyKey[]; keys: string[] }[]): unknown {
  const copy = structuredClone(value);
  for (const { path, keys } of unknown) {
    const owner = valueAt(copy, path as ConfigPath);
    if (isRecord(owner)) for (const key of keys) delete owner[key];
  }
  return copy;
}
