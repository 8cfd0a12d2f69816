import type { TransformStep } from '../../model-spec';
import { ignoresArgument, type SchemaParts } from '../argument-schema';
import { ExpressionError } from './expression';
import type { BundleReferences } from './references';
import { isRecord, pathText } from '../findings';
import type { ConfigPath } from '../findings';
import { canonicalName, isOfficialWriter } from '../clara/official-names';
import type { Reading } from '../reading';
import { resolveStep, resolveWriter } from '../transform-steps';

/** The steps of `preprocessing` or `postprocessing`, and the saving step at the end of the latter. */
export interface BundleChain {
  steps: TransformStep[];
  writer?: TransformStep;
}

/** Keys of MONAI's config grammar that are not arguments. */
const grammar = ['_target_', '_disabled_', '_desc_', '_requires_', '_mode_', '_args_'];

interface Component {
  target: string;
  args: Record<string, unknown>;
  path: ConfigPath;
}

/** Reads a `Compose` (or a list, or nested ones) of `_target_` components. */
export function readBundleChain(
  value: unknown,
  path: ConfigPath,
  references: BundleReferences,
  reading: Reading,
): BundleChain {
  const chain: BundleChain = { steps: [] };
  for (const { target, args, path: place } of components(value, path, references, reading)) {
    if (isOfficialWriter(target)) {
      chain.writer = resolveWriter(
        target,
        resolveArgs(args, place, references, reading, reading.catalogue.findWriter(target)),
        place,
        reading,
      );
      continue;
    }
    const definition = reading.catalogue.find(target);
    const step = resolveStep(target, resolveArgs(args, place, references, reading, definition), place, reading);
    if (step) chain.steps.push(step);
  }
  return chain;
}

/** Flattens nested chains, follows references between them, leaves disabled components out. */
function components(value: unknown, path: ConfigPath, references: BundleReferences, reading: Reading): Component[] {
  const inner = typeof value === 'string' ? attempt(() => references.resolve(value), value, path, reading) : value;
  if (inner === undefined) return [];
  if (Array.isArray(inner))
    return inner.flatMap((item, index) => components(item, [...path, index], references, reading));
  if (!isRecord(inner) || typeof inner._target_ !== 'string') {
    reading.findings.add(path, inner, 'a list of transforms, each with a _target_');
    return [];
  }
  if (attempt(() => references.resolve(inner._disabled_), inner._disabled_, [...path, '_disabled_'], reading))
    return [];
  if (canonicalName(inner._target_) === 'Compose') {
    return components(inner.transforms ?? [], [...path, 'transforms'], references, reading);
  }
  const args = Object.fromEntries(Object.entries(inner).filter(([key]) => !grammar.includes(key)));
  return [{ target: inner._target_, args, path }];
}

/** What a step acts on must be understood; of one that cannot run, and of what it ignores, the rest stays as written. */
function resolveArgs(
  args: Record<string, unknown>,
  path: ConfigPath,
  references: BundleReferences,
  reading: Reading,
  definition: { args: SchemaParts } | undefined,
): Record<string, unknown> {
  const resolved = (key: string, value: unknown) => {
    if (!definition || ignoresArgument(definition.args, key)) return references.resolveWhatCanBe(value);
    return isLambda(value) ? value : attempt(() => references.resolve(value), value, [...path, key], reading);
  };
  const withoutChain = Object.entries(args).filter(([key, value]) => !isOwnChain(key, value));
  return Object.fromEntries(withoutChain.map(([key, value]) => [key, resolved(key, value)]));
}

/** `Invertd(transform="@preprocessing")`: the chain it undoes is always the model's own, and a copy of it in the arguments would be noise. */
const isOwnChain = (key: string, value: unknown) =>
  key === 'transform' &&
  typeof value === 'string' &&
  /^\$?\s*(copy\.deepcopy\(\s*@preprocessing\s*\)|@preprocessing)\s*$/.test(value);

/** A function is an argument as it is written; the transform says whether it can be run. */
const isLambda = (value: unknown) => typeof value === 'string' && /^\$\s*lambda\b/.test(value);

/** Runs a resolution; an expression that is not understood becomes a finding and gives undefined. */
export function attempt<T>(resolve: () => T, value: unknown, path: ConfigPath, { findings }: Reading): T | undefined {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = `${pathText(path)}: ${error.message}`;
    findings.add(path, value, 'a value, a reference or a simple expression', { kind: 'expression', message });
    return undefined;
  }
}
