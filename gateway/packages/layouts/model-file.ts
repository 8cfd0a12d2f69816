import { join } from 'node:path';
import { fail } from '../../errors';
import type { ExternalFile } from '../formats/onnx-model';
import { externalFilesOf, locationFlaw, modelPlace, modelWithWeights, placeOf } from '../formats/onnx';
import { modelFile } from '../inspect-model';
import { TRITON_FOLDER, type RecognisedUpload } from '../model-file-format';
import type { Contents, TakenModel } from './layout';
import { findCheckpoints, takeCheckpoint } from './checkpoint-files';

/** Names of model files, the one that is meant to be served first: NVIDIA's own names before any file of the kind. */
const MODEL_NAMES = [
  /^model\.trt\.pb$/,
  /^model\.ts$/,
  /^model\.pt$/,
  /^model\.onnx$/,
  /^model\.plan$/,
  /\.trt\.pb$/,
  /\.(ts|pt)$/,
  /\.onnx$/,
  /\.plan$/,
  /\.(pb|graphdef)$/,
];

/** Which names a platform in the config speaks for. */
const PLATFORM_NAMES: Record<string, RegExp> = {
  onnxruntime_onnx: /\.onnx$/,
  pytorch_libtorch: /\.(ts|pt)$/,
  tensorflow_graphdef: /\.(pb|graphdef)$/,
  tensorrt_plan: /\.plan$/,
};

/** Whether a folder holds something that can be served: a model file, a SavedModel, a checkpoint, or just one file of any name. */
export const hasModel = (contents: Contents): boolean =>
  modelNames(contents).length > 0 ||
  isSavedModel(contents) ||
  findCheckpoints(contents).length > 0 ||
  isOneFile(contents);

const isOneFile = ({ root, paths, names }: Contents): boolean =>
  root === '' && paths.length === 1 && names.length === 1;

/**
 * The model in a folder. Of several files the one is taken that the config speaks of (`default_model_filename`, `platform`), else the
 * first of {@link MODEL_NAMES}; the others are named in a warning.
 * @throws BAD_MODEL_FILE when there is none
 */
export async function takeModel(contents: Contents, config?: string): Promise<TakenModel> {
  if (isSavedModel(contents)) return { data: await takeSavedModel(contents), warnings: [] };
  const wanted = config ? hintsOf(config) : {};
  const candidates = modelNames(contents).sort((a, b) => preference(b, wanted) - preference(a, wanted));
  const [chosen, ...others] = candidates.length === 0 && isOneFile(contents) ? contents.names : candidates;
  if (!chosen) {
    if (findCheckpoints(contents).length > 0) return takeCheckpoint(contents);
    const folder = contents.root ? ` in ${contents.root}` : '';
    throw fail('BAD_MODEL_FILE', {
      file: contents.name,
      what: `it has no model file${folder} (.trt.pb, .ts, .pt, .onnx, .plan, .pb, a SavedModel or a checkpoint's .meta, .index and .data files)`,
    });
  }
  const equals = others.filter(
    (name) => rank(name) === rank(chosen) && preference(name, wanted) === preference(chosen, wanted),
  );
  if (equals.length > 0)
    throw fail('BAD_MODEL_FILE', {
      file: contents.name,
      what: `it has several models (${[chosen, ...equals].map((name) => contents.root + name).join(', ')}); leave one, or write its name as "default_model_filename" into the config`,
    });
  const unpacked = await contents.unpack('model', new Map([[chosen, 'model']]));
  const warnings = others.length
    ? [`The archive has several model files; ${contents.root}${chosen} was taken, not ${others.join(', ')}`]
    : [];
  const path = join(unpacked, 'model');
  const file = await modelFile(path, chosen);
  const isOnnx = 'format' in file.detected && file.detected.format === 'onnx';
  const files = isOnnx ? await externalFilesOf(path) : [];
  if (files.length === 0) return { data: { path, name: chosen, file }, warnings };
  return { data: await takeWeights(contents, chosen, files), warnings };
}

/** Unpacks an ONNX model with its weights. @throws BAD_MODEL_FILE naming a file that is missing or lies elsewhere */
async function takeWeights(
  contents: Contents,
  model: string,
  files: readonly ExternalFile[],
): Promise<RecognisedUpload> {
  const bad = files.map(({ location }) => locationFlaw(location)).find((flaw) => flaw !== undefined);
  const inArchive = (location: string) =>
    location
      .split('/')
      .filter((part) => part !== '.' && part !== '')
      .join('/');
  const missing = files.filter(({ location }) => !contents.has(inArchive(location))).map(({ location }) => location);
  const absent = `its weights lie in other files, which are not in ${contents.root || 'the archive'}: ${missing.slice(0, 5).join(', ')}; pack them beside ${model}`;
  if (bad ?? missing.length > 0)
    throw fail('BAD_MODEL_FILE', { file: `${contents.root}${model}`, what: bad ?? absent });
  const targets = files.map(({ location }): [string, string] => [inArchive(location), placeOf(location)]);
  const path = await contents.unpack(TRITON_FOLDER.folder, new Map([[model, modelPlace], ...targets]));
  return modelWithWeights(path, model);
}

const rank = (name: string) => MODEL_NAMES.findIndex((pattern) => pattern.test(name));

const modelNames = ({ names }: Contents): string[] =>
  names.filter((name) => rank(name) >= 0).sort((a, b) => rank(a) - rank(b));

interface Hints {
  platform?: string;
  fileName?: string;
}

const preference = (name: string, { platform = '', fileName }: Hints): number =>
  name === fileName ? 2 : PLATFORM_NAMES[platform]?.test(name) ? 1 : 0;

/** Dialects have them in different places, and the config is read in full later: the first of each name counts. */
function hintsOf(config: string): Hints {
  const textOf = (key: string) => new RegExp(`"${key}"\\s*:\\s*"([^"\\\\]+)"`).exec(config)?.[1];
  return { platform: textOf('platform'), fileName: textOf('default_model_filename') };
}

/** The parts of a SavedModel that TensorFlow reads; `assets.extra` and other files stay in the archive. */
const PARTS = /^(saved_model\.pb|fingerprint\.pb|keras_metadata\.pb|variables\/[^/]+|assets\/.+)$/;

const isSavedModel = (contents: Contents): boolean => contents.has('saved_model.pb');

/** Unpacks a SavedModel as a folder, which is how Triton serves it. */
async function takeSavedModel(contents: Contents): Promise<RecognisedUpload> {
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
