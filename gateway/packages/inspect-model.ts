import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, messageOf } from '../errors';
import type { TritonModelConfig } from '../triton/model-config';
import type { ModelSpec } from '../model-spec';
import { detectFormat, type ModelFormat } from './detect-format';
import { graphdef } from './formats/graphdef-model';
import { MODEL, modelPlace, modelWithWeights, onnx } from './formats/onnx';
import { savedModel } from './formats/saved-model';
import { tensorrt } from './formats/tensorrt-plan';
import { torchscript } from './formats/torchscript';
import { TRITON_FOLDER } from './model-file-format';
import type { InspectedModel, ModelFile, ModelFileFormat, RecognisedUpload } from './model-file-format';

export const fileFormats: Record<ModelFormat, ModelFileFormat> = {
  onnx,
  torchscript,
  graphdef,
  tensorrt,
  savedmodel: savedModel,
};

/** "an ONNX model (.onnx), a TorchScript model (.pt, .ts), ..." */
const acceptedFormats = Object.values(fileFormats)
  .map(({ title, suffixes }) => `${title} (${suffixes.join(', ')})`)
  .join(', ');

/** Looks at a file or folder. */
export const modelFile = async (path: string, name: string, folder?: string): Promise<ModelFile> => ({
  path,
  name,
  folder,
  detected: await detectFormat(path, name),
});

/** Looks at a model that was stored, or came without an archive. */
export async function recognise(
  path: string,
  name: string,
  tritonConfig?: TritonModelConfig,
): Promise<RecognisedUpload> {
  if (tritonConfig) return { path, name, tritonConfig };
  const hasWeights = await stat(join(path, modelPlace)).catch(() => undefined);
  if (hasWeights) return modelWithWeights(path, name === TRITON_FOLDER.folder ? MODEL : name);
  return { path, name, file: await modelFile(path, name) };
}

/** @throws BAD_MODEL_FILE naming what was found and what is accepted */
export function fileFormatOf({ name, detected }: ModelFile): { fileFormat: ModelFileFormat; warnings: string[] } {
  if ('found' in detected) {
    const advice = detected.advice ? `; ${detected.advice}` : '';
    const what = `it is ${detected.found}${advice}. Accepted are ${acceptedFormats}`;
    throw fail('BAD_MODEL_FILE', { file: name, what });
  }
  const fileFormat = fileFormats[detected.format];
  const doubt = `"${name}" was taken for ${fileFormat.title} by its name alone`;
  return { fileFormat, warnings: detected.sure ? [] : [doubt] };
}

/** @throws BAD_MODEL_FILE with what is wrong with the file itself */
export const inspect = (fileFormat: ModelFileFormat, file: ModelFile): Promise<InspectedModel> =>
  fileFormat.inspect(file).catch((error: unknown) => {
    throw fail('BAD_MODEL_FILE', { file: file.name, what: messageOf(error) }, { cause: error });
  });

/** Compares a config with what its file tells. @returns the config, completed @throws BAD_CONFIG with everything that does not fit */
export function checkAgainstFile(
  { inference }: ModelSpec,
  config: TritonModelConfig,
  { compare }: InspectedModel,
  file: string,
  warnings: string[],
): TritonModelConfig {
  if (!compare) return config;
  const { errors, warnings: more, completed } = compare(config, inference);
  if (errors.length > 0) {
    const rest = errors.length > 1 ? ` (and ${errors.length - 1} more, listed in details.findings)` : '';
    const findings = errors.map((message) => ({ kind: 'tensor', message }));
    throw fail('BAD_CONFIG', { what: `it does not fit "${file}": ${errors[0]}${rest}` }, { details: { findings } });
  }
  warnings.push(...more);
  return completed;
}
