/** The files of one model, as `PUT /admin/model/<name>` takes them. */
export interface ModelFiles {
  config?: File;
  data?: File;
}

export type DroppedModel = { files: ModelFiles; name: string } | { problem: string };

const ARCHIVE = /\.(zip|tar|tgz|tar\.gz|mmar)$/i;
const CONFIG_NAMES = ['config_aiaa.json', 'inference.json'];
/** Names that say nothing of the model. */
const PLAIN = /^(model|saved_model|frozen|network|config_aiaa|inference|config)$/i;

/** Makes out of files what is config and what is the model: a `.json` is the config, the other one the data; an archive may have both. */
export function modelOf(all: readonly File[], folder: string | undefined): DroppedModel {
  const files = all.filter(({ name }) => !name.startsWith('.'));
  const configs = files.filter(({ name }) => /\.json$/i.test(name));
  const config =
    configs.length < 2 ? configs[0] : configs.find(({ name }) => CONFIG_NAMES.includes(name.toLowerCase()));
  const others = files.filter((file) => !configs.includes(file));
  if (others.length > 1 || (configs.length > 1 && !config)) {
    const what = folder ? `The folder ${folder} has ${files.length} files` : `These are ${files.length} files`;
    return { problem: `${what}: send one config (.json) and one model file, or pack all into one zip or tar.gz.` };
  }
  const [data] = others;
  if (!config && !data) return { problem: 'There is no file to send.' };
  if (!config && !ARCHIVE.test(data.name))
    return { problem: `${data.name} alone says nothing of its labels and transforms: drop its config_aiaa.json together with it.` }; // prettier-ignore
  return { files: { config, data }, name: nameFrom(data ?? config!, folder) };
}

/** A name for the model out of a file's, or a folder's where that says nothing. */
function nameFrom({ name }: File, folder: string | undefined): string {
  const stem = name.replace(/(\.tar)?\.\w+$/i, '').replace(/\.\w+$/, '');
  const best = PLAIN.test(stem) ? (folder ?? '') : stem;
  return best.replace(/[^\w.-]+/g, '_').replace(/^[^A-Za-z0-9]+/, '');
}
