import type { Layout } from './layout';
import { hasModel, takeModel } from './model-file';

/** A model without a config: one file, the three kinds of files of a TensorFlow checkpoint, or a SavedModel. */
export const bareModel: Layout = {
  title: 'a model file, a SavedModel (saved_model.pb, variables/) or a TensorFlow checkpoint (.meta, .index, .data-*)',
  matches: hasModel,
  take: (contents, { config }) => takeModel(contents, config),
};
