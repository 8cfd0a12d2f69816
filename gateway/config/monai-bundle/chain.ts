import type { TransformStep } from '../../model-spec';
import { isRecord, type ConfigPath } from '../findings';
import type { Reading } from '../reading';
import { ignoresArgument, isCompose, resolve } from '../transform-steps';
import type { BundleReferences } from './references';

/** The steps of `preprocessing` or `postprocessing`, and the saving step at the end of the latter. */
export interface BundleChain {
  steps: TransformStep[];
  writer?: TransformStep;
}

/** Keys of MONAI's config grammar that are not arguments. */
const grammar = ['_target_', '_disabled_', '_desc_', '_requires_', '_mode_', '_args_'];

/** Reads a `Compose` (or a list, or nested ones) of `_target_` components. */
export function readBundleChain(
  value: unknown,
  path: ConfigPath,
  references: BundleReferences,
  reading: Reading,
): BundleChain {
  const { catalogue } = reading;
  const chain: BundleChain = { steps: [] };
  for (const { target, given, place } of components(value, path, references, reading)) {
    const writer = catalogue.findWriter(target);
    const schema = (writer ?? catalogue.find(target))?.args;
    // The keys that a step acts on must be understood; of one that cannot run, and of what it ignores, the rest stays as written.
    const read = ([key, inner]: [string, unknown]) => {
      if (!schema || ignoresArgument(schema, key)) return [key, references.resolveWhatCanBe(inner)];
      return [key, isLambda(inner) ? inner : references.read(inner, [...place, key], reading.findings)];
    };
    const args = Object.fromEntries(given.filter(([key, inner]) => !isOwnChain(key, inner)).map(read));
    const step = resolve(writer ? 'writer' : 'transform', target, args, place, reading);
    if (writer) chain.writer = step;
    else if (step) chain.steps.push(step);
  }
  return chain;
}

/** A component with its arguments as they are written. */
interface Component {
  target: string;
  given: [key: string, value: unknown][];
  place: ConfigPath;
}

/** Flattens nested chains, follows references between them, leaves disabled components out. */
function components(value: unknown, path: ConfigPath, references: BundleReferences, reading: Reading): Component[] {
  const { findings } = reading;
  const inner = typeof value === 'string' ? references.read(value, path, findings) : value;
  if (inner === undefined) return [];
  if (Array.isArray(inner))
    return inner.flatMap((item, index) => components(item, [...path, index], references, reading));
  if (!isRecord(inner) || typeof inner._target_ !== 'string') {
    findings.add(path, inner, 'a list of transforms, each with a _target_');
    return [];
  }
  if (references.read(inner._disabled_, [...path, '_disabled_'], findings)) return [];
  if (isCompose(inner._target_))
    return components(inner.transforms ?? [], [...path, 'transforms'], references, reading);
  const given = Object.entries(inner).filter(([key]) => !grammar.includes(key));
  return [{ target: inner._target_, given, place: path }];
}

/** `Invertd(transform="@preprocessing")`: the chain it undoes is always the model's own, and a copy of it in the arguments would be noise. */
const isOwnChain = (key: string, value: unknown) =>
  key === 'transform' &&
  typeof value === 'string' &&
  /^\$?\s*(copy\.deepcopy\(\s*@preprocessing\s*\)|@preprocessing)\s*$/.test(value);

/** A function is an argument as it is written; the transform says whether it can be run. */
const isLambda = (value: unknown) => typeof value === 'string' && /^\$\s*lambda\b/.test(value);
