import type { Layout } from './layout';
import { hasModel, takeModel } from './model-file';
import { sideConfig } from './side-config';

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
