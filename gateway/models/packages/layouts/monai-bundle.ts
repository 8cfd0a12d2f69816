import { fail, messageOf } from '../../../errors';
import type { Contents } from './contents';
import { MAX_TEXT_BYTES, type Layout } from './layout';
import { hasModel, takeModel } from './model-file';

const CONFIG = 'configs/inference.json';
const METADATA = 'configs/metadata.json';

/** A MONAI bundle: `configs/inference.json`, `configs/metadata.json` (labels, shapes, version) and `models/model.ts`. */
export const monaiBundle: Layout = {
  title: `a MONAI bundle (${CONFIG}, models/model.ts)`,
  matches: (contents) => contents.paths.some((path) => /^configs\/inference\.(json|ya?ml)$/.test(path)),
  async take(contents, { config: given }) {
    const bad = (what: string) => fail('BAD_MODEL_FILE', { file: contents.name, what });
    if (!given && !contents.has(CONFIG))
      throw bad(
        `its configs/inference is written in YAML; convert it to ${CONFIG} (python -c "import json, yaml; ...")`,
      );
    const models = contents.at('models');
    if (!hasModel(models))
      throw bad('it has no models/model.ts; export the network with python -m monai.bundle ckpt_export');
    const config = given ?? (await contents.readText(CONFIG, MAX_TEXT_BYTES));
    const { data, warnings } = await takeModel(models, '"platform": "pytorch_libtorch"');
    const bundleMetadata = contents.has(METADATA) ? await readMetadata(contents) : undefined;
    if (bundleMetadata === undefined)
      warnings.push(`The bundle has no ${METADATA}: labels and shapes of the network are not known`);
    if (given) warnings.push(`The archive has a ${CONFIG} of its own; the config sent beside it was taken`);
    return { config, data, bundleMetadata, warnings };
  },
};

async function readMetadata(contents: Contents): Promise<unknown> {
  const text = await contents.readText(METADATA, MAX_TEXT_BYTES);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail('BAD_MODEL_FILE', { file: contents.name, what: `its ${METADATA} is not JSON: ${messageOf(error)}` });
  }
}
