import { join } from 'node:path';
import type { ModelSpec } from '../model-spec';
import { detectFormat } from './detect-format';
import { namedTensors } from './formats/graphdef-model';
import type { UploadedModel } from './package-builder';
import { bakeScalars } from './tensorflow/bake-scalars';
import { freezeCheckpoint } from './tensorflow/checkpoint';
import type { GraphEnds } from './tensorflow/freeze';

/**
 * Brings an upload into a form that Triton serves: a TensorFlow checkpoint is frozen, scalar inputs of a frozen graph are baked in. Other
 * models stay what they are. New files are written beside the old ones.
 * @throws BAD_MODEL_FILE
 */
export async function prepareModel(
  { triton, inference }: ModelSpec,
  upload: UploadedModel,
): Promise<{ model: UploadedModel; warnings: string[] }> {
  const ends: GraphEnds = {
    inputs: namedTensors(triton?.input ?? [], inference.inputs),
    outputs: namedTensors(triton?.output ?? [], inference.outputs),
  };
  if (upload.checkpoint) {
    const path = join(upload.path, 'frozen');
    const warnings = await freezeCheckpoint(upload.checkpoint, ends, path);
    return { model: { path, name: `${upload.checkpoint.name} of ${upload.name}` }, warnings };
  }
  if (upload.tritonConfig) return { model: upload, warnings: [] };
  const detected = await detectFormat(upload.path, upload.name);
  if (!('format' in detected) || detected.format !== 'graphdef') return { model: upload, warnings: [] };
  const path = `${upload.path}-baked`;
  const warnings = await bakeScalars(upload, ends, path);
  return { model: warnings.length > 0 ? { ...upload, path } : upload, warnings };
}
