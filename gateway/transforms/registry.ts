import './axes/channel-axes';
import './load/loaders';
import './axes/fields';
import './axes/containers';
import './grid/turns';
import './grid/spacing';
import './grid/resizing';
import './grid/crops-and-pads';
import './grid/clara-resizing';
import './grid/clara-crops';
import './grid/inverting';
import './intensity/scaling';
import './intensity/normalizing';
import './intensity/filters';
import './intensity/foreground-mask';
import './labels/scores';
import './labels/label-maps';
import './labels/components';
import './lambda';
import './nninteractive/normalize';
import './nnunet/load';
import './nnunet/preprocess';
import './nnunet/postprocess';
import './points/extreme-points';
import './points/deepgrow';
import './points/restore-label';
import './points/deepedit';
import { defined, type TransformDefinition, type WriterDefinition } from './definition';
import { bestMatches, candidateNames, refusalOf as refusalKnowing } from './names';
import { writerDefinitions } from './writers';

interface Named {
  name: string;
  aliases?: readonly string[];
}

const namesOf = ({ name, aliases = [] }: Named): string[] => [name, ...aliases];

const transformIndex = indexByName(defined);
const writerIndex = indexByName(writerDefinitions);

/**
 * The transform a config means by `name`: with or without module path, `#alias` dropped, `XD` and `XDict` read as `Xd`; letters of either
 * case.
 *
 * @example findTransform('monai.transforms.SpacingD')?.name // 'Spacingd'
 */
export const findTransform = (name: string): TransformDefinition | undefined => lookUp(transformIndex, name);

/** The writer a config means by `name`; same rules. */
export const findWriter = (name: string): WriterDefinition | undefined => lookUp(writerIndex, name);

/** Why a transform known from elsewhere is not run here, as a sentence. */
export function refusalOf(name: string): string | undefined {
  const isKnown = (other: string) => findTransform(other) !== undefined;
  return isKnown(name) ? undefined : refusalKnowing(name, isKnown);
}

/** The registered names most like `name`, best first; at most three. */
export const suggestNames = (name: string): string[] =>
  bestMatches(name, [...defined, ...writerDefinitions].flatMap(namesOf));

/** All transforms, each once. */
export const listTransforms = (): TransformDefinition[] => [...defined];

function indexByName<T extends Named>(definitions: readonly T[]): Map<string, T> {
  return new Map(definitions.flatMap((one) => namesOf(one).map((name) => [name.toLowerCase(), one] as const)));
}

function lookUp<T>(index: ReadonlyMap<string, T>, name: string): T | undefined {
  const known = candidateNames(name).find((candidate) => index.has(candidate));
  return known === undefined ? undefined : index.get(known);
}
