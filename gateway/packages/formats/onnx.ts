import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '../../errors';
import { checkTensors } from '../check-io';
import { openOnnxModel, type ExternalFile } from './onnx-model';
import {
  randomWarning,
  TRITON_FOLDER,
  type InspectedModel,
  type ModelFile,
  type ModelFileFormat,
  type RecognisedUpload,
} from '../model-file-format';

/** The file name that Triton expects; the weights keep the names that the model gives them. */
export const MODEL = 'model.onnx';

/** Files with weights that belong to an ONNX model; none of another file, whose check says what it is. */
export const externalFilesOf = (path: string): Promise<ExternalFile[]> =>
  openOnnxModel(path).then(
    ({ externalFiles }) => externalFiles,
    () => [],
  );

/** Why weights cannot lie there, or undefined: only inside the folder of the model, and not in its place. */
export function locationFlaw(location: string): string | undefined {
  const parts = location.split('/');
  const outside = location.startsWith('/') || /^[A-Za-z]:|\\/.test(location) || parts.includes('..') || location === '';
  if (outside)
    return `its weights lie outside its folder ("${location}"); save it again with a plain file name (onnx.save, location="model.onnx.data")`;
  if (parts.filter((part) => part !== '.').join('/') === MODEL)
    return `its weights are in "${location}", which is the name of the model itself; save them under another name`;
  return undefined;
}

/** Faults in the weights of a model whose other files lie in `folder`, or nowhere. */
export async function weightsFlaw(
  files: readonly ExternalFile[],
  folder: string | undefined,
): Promise<string | undefined> {
  const outside = files.map(({ location }) => locationFlaw(location)).find((flaw) => flaw !== undefined);
  if (outside) return outside;
  const found = await Promise.all(
    files.map(({ location }) => folder && stat(join(folder, location)).catch(() => undefined)),
  );
  const missing = files.filter((_, at) => !found[at]).map(({ location }) => location);
  if (missing.length > 0)
    return `its weights lie in other files, which did not come with it: ${missing.slice(0, 5).join(', ')}; send them too (-F data=@model.onnx -F data=@${missing[0]}, or all of them in one zip), or save the model as one file (onnx.save with save_as_external_data=False)`;
  const short = files.findIndex(({ bytes }, at) => (found[at] as { size: number }).size < bytes);
  if (short < 0) return undefined;
  const { location, bytes } = files[short];
  return `its weights file "${location}" has ${(found[short] as { size: number }).size} bytes, and the model reads ${bytes} of it; upload it again`;
}

/** Where a model and its weights go: the form of {@link TRITON_FOLDER}, by the names under which Triton finds them. */
export const placeOf = (location: string): string => join(TRITON_FOLDER.version, location);
export const modelPlace = placeOf(MODEL);

/**
 * Brings an ONNX model and the files that were sent beside it into one folder.
 * @param others files of the request, by the names that the client gave them; names without folders also stand for weights in one
 * @returns the model itself, when it has no other files; else the folder, and what was not needed
 * @throws BAD_MODEL_FILE when a file is missing
 */
export async function gatherWeights(
  model: ModelFile,
  others: readonly ModelFile[],
  directory: string,
): Promise<{ model: RecognisedUpload; unused: ModelFile[] }> {
  const files = await externalFilesOf(model.path);
  if (files.length === 0) return { model: { path: model.path, name: model.name, file: model }, unused: [...others] };
  const folder = join(directory, TRITON_FOLDER.folder);
  const sentAs = (location: string) =>
    others.find(({ name }) => name === location || name === location.split('/').pop());
  const bad = files.map(({ location }) => locationFlaw(location)).find((flaw) => flaw !== undefined);
  const used = files.flatMap(({ location }) => sentAs(location) ?? []);
  if (bad ?? used.length < files.length) {
    const what = bad ?? (await weightsFlaw(files.filter(({ location }) => !sentAs(location)), undefined)); // prettier-ignore
    throw fail('BAD_MODEL_FILE', { file: model.name, what });
  }
  const moves = [
    { from: model.path, to: join(folder, modelPlace) },
    ...files.map(({ location }) => ({ from: sentAs(location)!.path, to: join(folder, placeOf(location)) })),
  ];
  for (const { from, to } of moves) {
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }
  return { model: modelWithWeights(folder, model.name), unused: others.filter((other) => !used.includes(other)) };
}

/** A folder that {@link gatherWeights} or an archive's layout made: an ONNX model where {@link modelPlace} says, and its weights. */
export function modelWithWeights(path: string, name: string): RecognisedUpload {
  const model = join(path, modelPlace);
  const file: ModelFile = { path: model, name, folder: dirname(model), detected: { format: 'onnx', sure: true } };
  return { path, name, file };
}

export const onnx: ModelFileFormat = {
  title: 'an ONNX model',
  suffixes: ['.onnx'],
  platform: 'onnxruntime_onnx',
  backends: ['onnxruntime'],
  fileName: 'model.onnx',
  inspect,
};

async function inspect({ path, folder }: ModelFile): Promise<InspectedModel> {
  const { inputs, outputs, externalFiles, trainingNodes, foreign } = await openOnnxModel(path);
  const flaw = await weightsFlaw(externalFiles, folder);
  if (flaw) throw new Error(flaw);
  const io = { inputs, outputs };
  return {
    io,
    warnings: randomWarning(trainingNodes),
    foreign: () => foreign,
    compare: (config, inference) => checkTensors(config, io, inference),
  };
}
