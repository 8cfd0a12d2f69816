import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Open, type File } from 'unzipper';
import { fail, messageOf } from '../../errors';

/** What an MMAR holds for the server: the text of its config, and its model file, unpacked. */
export interface UnpackedMmar {
  config: string;
  data: { path: string; name: string };
  warnings: string[];
}

const CONFIG = 'config/config_aiaa.json';
const MAX_ENTRIES = 100_000;
const MAX_CONFIG_BYTES = 16 << 20;

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

/**
 * Opens an MMAR archive (zip) as NGC ships them and as people zip them: `config/config_aiaa.json` and `models/*`, at the root or one folder down
 * (`aiaa-api.md` §9.1). Only these two files are unpacked, under names of our own, so entry names cannot lead anywhere.
 * @param directory where the model file is unpacked to
 * @param maxBytes largest unpacked model file
 * @throws BAD_MODEL_FILE naming what is missing
 */
export async function unpackMmar(
  archive: { path: string; name: string },
  directory: string,
  maxBytes: number,
): Promise<UnpackedMmar> {
  const bad = (what: string, cause?: unknown) => fail('BAD_MODEL_FILE', { file: archive.name, what }, { cause });
  const files = await entriesOf(archive.path).catch((error: unknown) =>
    Promise.reject(bad(`it is not a zip archive (${messageOf(error)})`, error)),
  );
  if (files.length > MAX_ENTRIES) throw bad(`it has ${files.length} entries; an MMAR has a few dozen`);

  const configEntry =
    files.find(({ path }) => path === CONFIG) ??
    files.find(({ path }) => path.split('/').slice(1).join('/') === CONFIG);
  if (!configEntry)
    throw bad(
      `it has no ${CONFIG}; an MMAR has it at the root. Send a config of your own as form file "config" otherwise`,
    );
  if (configEntry.uncompressedSize > MAX_CONFIG_BYTES)
    throw bad(`its ${CONFIG} has ${configEntry.uncompressedSize} bytes`);
  const root = configEntry.path.slice(0, -CONFIG.length);

  const candidates = modelFiles(files, `${root}models/`);
  if (candidates.length === 0)
    throw bad(`it has no model file in ${root}models/ (.trt.pb, .ts, .pt, .onnx, .plan, .pb)`);
  const [chosen, ...others] = candidates;
  if (chosen.uncompressedSize > maxBytes)
    throw bad(`its ${chosen.path} has ${chosen.uncompressedSize} bytes, the limit is ${maxBytes}`);
  const name = chosen.path.slice(chosen.path.lastIndexOf('/') + 1);
  const path = join(directory, 'mmar-model');
  await pipeline(chosen.stream(), createWriteStream(path)).catch((error: unknown) =>
    Promise.reject(bad(`its ${chosen.path} is damaged (${messageOf(error)})`, error)),
  );

  const warnings: string[] = [];
  if (root)
    warnings.push(`The archive has the MMAR in the folder ${root} instead of at its root; it was taken from there`);
  if (others.length)
    warnings.push(
      `The archive has several model files; ${chosen.path} was taken, not ${others.map((file) => file.path).join(', ')}`,
    );
  return { config: (await configEntry.buffer()).toString('utf8'), data: { path, name }, warnings };
}

async function entriesOf(path: string): Promise<File[]> {
  const { files } = await Open.file(path);
  return files.filter((file) => file.type === 'File' && !file.path.startsWith('__MACOSX/'));
}

function modelFiles(files: readonly File[], folder: string): File[] {
  const rank = (file: File) => MODEL_NAMES.findIndex((pattern) => pattern.test(file.path.slice(folder.length)));
  return files.filter((file) => file.path.startsWith(folder) && rank(file) >= 0).sort((a, b) => rank(a) - rank(b));
}
