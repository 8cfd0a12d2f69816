import { MAX_TEXT_BYTES, type Contents, type FoundPackage, type Layout } from './layout';
import { hasModel, takeModel } from './model-file';
import { readBundleText, readMetadata } from './monai-bundle';

/**
 * A model by itself: one file, the three kinds of files of a TensorFlow checkpoint, or a SavedModel; with its config_aiaa.json (or a bundle's
 * inference.json) beside it, or without a config.
 */
export const bareModel: Layout = {
  title:
    'a model file, a SavedModel (saved_model.pb, variables/) or a TensorFlow checkpoint (.meta, .index, .data-*), with config_aiaa.json beside it or sent as form file "config"',
  matches: hasModel,
  async take(contents, { config: given }) {
    const beside = await sideConfig(contents);
    const config = given ?? beside.config;
    const { data, warnings } = await takeModel(contents, config);
    if (given && beside.config !== undefined)
      warnings.push(
        'The archive has a config of its own beside the model; the config sent beside the archive was taken',
      );
    return { ...beside, config, data, warnings };
  },
};

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
