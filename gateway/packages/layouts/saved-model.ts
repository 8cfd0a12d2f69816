import { fail } from '../../errors';
import type { RecognisedUpload } from '../package-builder';
import type { Contents } from './contents';

/** What TensorFlow reads of a SavedModel; `assets.extra` and whatever else lies there stays in the archive. */
const PARTS = /^(saved_model\.pb|fingerprint\.pb|keras_metadata\.pb|variables\/[^/]+|assets\/.+)$/;

export const isSavedModel = (contents: Contents): boolean => contents.has('saved_model.pb');

/** Unpacks a SavedModel as a folder, which is how Triton serves it. */
export async function takeSavedModel(contents: Contents): Promise<RecognisedUpload> {
  const parts = contents.paths.filter((path) => PARTS.test(path));
  if (
    parts.includes('variables/variables.index') !== parts.some((path) => path.startsWith('variables/variables.data-'))
  ) {
    throw fail('BAD_MODEL_FILE', {
      file: contents.name,
      what: 'its variables/ folder has an index without data, or data without an index; zip the whole folder of the SavedModel',
    });
  }
  const path = await contents.unpack('model.savedmodel', new Map(parts.map((part) => [part, part])));
  const { name } = contents;
  return { path, name, file: { path, name, detected: { format: 'savedmodel', sure: true } } };
}
