import { MAX_TEXT_BYTES, type Layout } from './layout';
import { takeModel } from './model-file';

const CONFIG = 'config/config_aiaa.json';

/**
 * An MMAR as NGC ships them and as people pack them: `config/config_aiaa.json` and the model in `models/`. The rest
 * (`docs/`, `commands/`, `resources/`, `eval/`, `custom/`) is for training and stays in the archive.
 */
export const mmar: Layout = {
  title: `an MMAR (${CONFIG}, models/)`,
  matches: (contents) => contents.has(CONFIG),
  async take(contents, { config: given }) {
    const config = given ?? (await contents.readText(CONFIG, MAX_TEXT_BYTES));
    const { data, warnings } = await takeModel(contents.at('models'), config);
    if (given) warnings.push(`The archive has a ${CONFIG} of its own; the config sent beside it was taken`);
    return { config, data, warnings };
  },
};
