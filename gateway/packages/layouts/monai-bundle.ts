import { fail, GatewayError } from '../../errors';
import { asJsonText, parseJson } from '../../config/config-source';
import { MAX_TEXT_BYTES, type Contents, type Layout } from './layout';
import { hasModel, takeModel } from './model-file';

const FOLDER = 'configs/';
/** MONAI reads JSON and YAML; of two files of one name the first is taken. */
const ENDINGS = ['.json', '.yaml', '.yml'];

const namesOf = (contents: Contents, name: string): string[] =>
  ENDINGS.map((ending) => name + ending).filter((path) => contents.has(path));

/** A MONAI bundle: `configs/inference.json`, `configs/metadata.json` (labels, shapes, version; both may be YAML) and `models/model.ts`. */
export const monaiBundle: Layout = {
  title: `a MONAI bundle (${FOLDER}inference.json or .yaml, models/model.ts)`,
  matches: (contents) => namesOf(contents, `${FOLDER}inference`).length > 0,
  async take(contents, { config: given }) {
    const [path, ...others] = namesOf(contents, `${FOLDER}inference`);
    const models = contents.at('models');
    if (!hasModel(models))
      throw fail('BAD_MODEL_FILE', {
        file: contents.name,
        what: 'it has no models/model.ts; export the network with python -m monai.bundle ckpt_export',
      });
    const config = given ?? (await readBundleText(contents, path));
    const { data, warnings } = await takeModel(models, '"platform": "pytorch_libtorch"');
    const bundleMetadata = await readMetadata(contents, FOLDER);
    if (bundleMetadata === undefined)
      warnings.push(`The bundle has no ${FOLDER}metadata.json: labels and shapes of the network are not known`);
    if (given) warnings.push(`The archive has a ${path} of its own; the config sent beside it was taken`);
    else if (others.length > 0) warnings.push(`The bundle has ${[path, ...others].join(' and ')}; ${path} was taken`);
    return { config, data, bundleMetadata, warnings };
  },
};

/** Parsed `metadata.json` (or YAML) in a folder of a bundle, or undefined. @throws BAD_MODEL_FILE */
export async function readMetadata(contents: Contents, folder: string): Promise<unknown> {
  const [path] = namesOf(contents, `${folder}metadata`);
  return path === undefined ? undefined : parseJson(await readBundleText(contents, path));
}

/** A file of a bundle as JSON text. @throws BAD_MODEL_FILE naming it when it is neither JSON nor YAML */
export async function readBundleText(contents: Contents, path: string): Promise<string> {
  const text = await contents.readText(path, MAX_TEXT_BYTES);
  try {
    const json = asJsonText(text);
    parseJson(json);
    return json;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const what = error.message.replace(/^.*?: it is/, `its ${path} is`);
    throw fail('BAD_MODEL_FILE', { file: contents.name, what }, { cause: error });
  }
}
