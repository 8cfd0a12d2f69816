import type { Contents } from './contents';
import { MAX_TEXT_BYTES, type FoundPackage } from './layout';
import { readBundleText, readMetadata } from './monai-bundle';

/** Configs that people pack beside the model, in the order in which one is taken. */
const CONFIGS = ['config_aiaa.json', 'inference.json', 'inference.yaml', 'inference.yml'];

/** The config that lies beside a model, not in a folder of its own; of a bundle with its metadata. */
export async function sideConfig(contents: Contents): Promise<Pick<FoundPackage, 'config' | 'bundleMetadata'>> {
  const name = CONFIGS.find((known) => contents.has(known));
  if (name === undefined) return {};
  if (name === CONFIGS[0]) return { config: await contents.readText(name, MAX_TEXT_BYTES) };
  return { config: await readBundleText(contents, name), bundleMetadata: await readMetadata(contents, '') };
}

/** Whether a file beside the model is such a config. */
export const isSideConfig = (name: string): boolean => CONFIGS.includes(name);
