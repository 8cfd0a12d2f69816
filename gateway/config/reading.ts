import type { TransformDefinition, WriterDefinition } from '../transforms/definition';
import type { TransformLibrary } from '../transforms/own/library';
import { findTransform, findWriter, refusalOf, suggestNames } from '../transforms/registry';
import type { TritonModelConfig } from '../triton/model-config';
import type { Findings } from './findings';

/** The questions of the config readers to the transforms: given from outside, so that they can be tested without the real ones. */
export interface TransformCatalogue {
  /** The definition for a name as configs spell it (module prefix, XD/XDict form, '#alias'), or undefined. */
  find(name: string): TransformDefinition | undefined;
  findWriter(name: string): WriterDefinition | undefined;
  /** Why a known name is refused on purpose (random, training only, ...), or undefined. */
  refusalOf(name: string): string | undefined;
  /** Up to three registered names most like `name`. */
  suggest(name: string): string[];
  /** Why a name with a module path is not a transform of the model author's own. */
  whyNotOwn(name: string): string;
}

/** The transforms of this server. */
export const registryCatalogue: TransformCatalogue = {
  find: findTransform,
  findWriter,
  refusalOf,
  suggest: suggestNames,
  whyNotOwn: () => 'Python classes of your own cannot run here',
};

/** The same, and those that model authors brought. They cannot take the place of one of this server's. */
export function catalogueWith(library: TransformLibrary): TransformCatalogue {
  return {
    ...registryCatalogue,
    find: (name) => findTransform(name) ?? library.find(name),
    whyNotOwn: (name) => library.whyNot(name),
  };
}

/** The state that every part of a config reader shares while one config is read. */
export interface Reading {
  /** The model's name, as the client chose it. */
  name: string;
  catalogue: TransformCatalogue;
  findings: Findings;
  /** Parsed `metadata.json` of a MONAI bundle: labels, description, version and tensor shapes come from it. */
  bundleMetadata?: unknown;
  /** The config.pbtxt that came with the model: it stands in place of what the config itself tells Triton. */
  tritonConfig?: TritonModelConfig;
}
