import { join } from 'node:path';
import type { ModelSpec } from '../model-spec';
import { namedTensors } from './formats/graphdef-model';
import type { RecognisedUpload } from './model-file-format';
import { bakeScalars } from './tensorflow/scalar-inputs';
import { freezeCheckpoint } from './tensorflow/checkpoint';
import type { GraphEnds } from './tensorflow/graph';

/**
 * Brings an upload into a form that Triton serves: a TensorFlow checkpoint is frozen, scalar inputs of a frozen graph are baked in. Other
 * models stay what they are. New files are written beside the old ones.
 * @throws BAD_MODEL_FILE
 */
export async function prepareModel(
  { triton, inference }: ModelSpec,
  upload: RecognisedUpload,
): Promise<{ model: RecognisedUpload; warnings: string[] }> {
  const ends: GraphEnds = {
    inputs: namedTensors(triton?.input ?? [], inference.inputs),
    outputs: namedTensors(triton?.output ?? [], inference.outputs),
  };
  const { checkpoint, file } = upload;
  if (checkpoint) {
    const path = join(upload.path, 'frozen');
    const name = `${checkpoint.name} of ${upload.name}`;
    const warnings = await freezeCheckpoint(checkpoint, ends, path);
    return { model: { path, name, file: { path, name, detected: { format: 'graphdef', sure: true } } }, warnings };
  }
  if (!file || !('format' in file.detected) || file.detected.format !== 'graphdef')
    return { model: upload, warnings: [] };
  const path = `${upload.path}-baked`;
  const warnings = await bakeScalars(upload, ends, path);
  return { model: warnings.length > 0 ? { ...upload, path, file: { ...file, path } } : upload, warnings };
}
