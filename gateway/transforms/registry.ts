import { channelAxes } from './axes/channel-axes';
import { containers } from './axes/containers';
import { fields } from './axes/fields';
import type { TransformDefinition, WriterDefinition } from './definition';
import { claraCrops } from './grid/clara-crops';
import { claraResizing } from './grid/clara-resizing';
import { cropsAndPads } from './grid/crops-and-pads';
import { inverting } from './grid/inverting';
import { resizing } from './grid/resizing';
import { spacing } from './grid/spacing';
import { turns } from './grid/turns';
import { filters } from './intensity/filters';
import { foregroundMaskd } from './intensity/foreground-mask';
import { normalizing } from './intensity/normalizing';
import { scaling } from './intensity/scaling';
import { components } from './labels/components';
import { labelMaps } from './labels/label-maps';
import { scores } from './labels/scores';
import { loaders } from './load/loaders';
import { lambdad } from './monai/lambda/lambdad';
import { bestMatches, candidateNames, refusalOf as refusalKnowing } from './names';
import { deepedit } from './points/deepedit';
import { deepgrow } from './points/deepgrow';
import { extremePointSteps } from './points/extreme-points';
import { restoreLabeld } from './points/restore-label';
import { writerDefinitions } from './writers';

const transforms = [
  loaders,
  channelAxes,
  fields,
  containers,
  turns,
  spacing,
  resizing,
  cropsAndPads,
  claraResizing,
  claraCrops,
  inverting,
  scaling,
  normalizing,
  filters,
  [foregroundMaskd, lambdad, restoreLabeld],
  scores,
  labelMaps,
  components,
  extremePointSteps,
  deepgrow,
  deepedit,
].flat() as TransformDefinition[];

interface Named {
  name: string;
  aliases?: readonly string[];
}

const namesOf = ({ name, aliases = [] }: Named): string[] => [name, ...aliases];

const transformIndex = indexByName(transforms);
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
  bestMatches(name, [...transforms, ...writerDefinitions].flatMap(namesOf));

/** All transforms, each once. */
export const listTransforms = (): TransformDefinition[] => [...transforms];

function indexByName<T extends Named>(definitions: readonly T[]): Map<string, T> {
  return new Map(definitions.flatMap((one) => namesOf(one).map((name) => [name.toLowerCase(), one] as const)));
}

function lookUp<T>(index: ReadonlyMap<string, T>, name: string): T | undefined {
  const known = candidateNames(name).find((candidate) => index.has(candidate));
  return known === undefined ? undefined : index.get(known);
}
