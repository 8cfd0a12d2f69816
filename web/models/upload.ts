import type { Published, StoredModel } from '../../gateway/contract/models';
import { byId, h, mark, onSubmit } from '../dom';
import { acceptFiles } from '../chosen-files';
import { ask } from '../server/ask';
import { uploadForm } from '../server/upload-form';
import { bytes } from '../text';
import { json, modelPath, PUBLISH_WITHIN_MS, showOutcome } from './outcome';

/** The server fetches a model from NGC for an hour at most, and loads it. */
const FETCH_WITHIN_MS = 3_600_000 + PUBLISH_WITHIN_MS;

export interface UploadOptions {
  models(): readonly StoredModel[];
  /** A model has changed: the list is old. */
  onChange(): void;
}

/** Takes the files of a model from a drop anywhere or from a dialog, asks for its name, sends it and says what came of it. */
export function startUploadForm({ models, onChange }: UploadOptions): void {
  const form = byId<HTMLFormElement>('upload');
  const name = byId<HTMLInputElement>('upload-name');
  let files: ModelFiles | undefined;
  let running: AbortController | undefined;

  const note = () => {
    const old = models().find((model) => model.name === name.value.trim());
    byId('upload-note').textContent = old
      ? `There is a model of this name: version ${old.version ?? '?'} serves until the new one is loaded, and can be gone back to.`
      : '';
  };
  const take = (chosen: File[], folder?: string) => {
    if (running) return;
    const found = modelOf(chosen, folder);
    form.hidden = 'problem' in found;
    const outcome = byId('upload-outcome');
    if ('problem' in found) return outcome.replaceChildren(mark('bad', found.problem));
    outcome.replaceChildren();
    files = found.files;
    name.value = found.name;
    const parts = [files.config, files.data].filter((file) => file !== undefined);
    byId('upload-parts').replaceChildren(...parts.map((file) => h('li', `${file.name}, ${bytes(file.size)}`)));
    note();
    byId('upload-heading').scrollIntoView({ block: 'nearest' });
    name.focus();
    name.select();
  };
  const close = () => {
    form.hidden = true;
    files = undefined;
    CHOICES.forEach((field) => (choiceOf(field).value = ''));
    byId<HTMLDetailsElement>('upload-nnunet').open = false;
  };
  acceptFiles({ 'upload-choose': 'upload-files' }, take);
  name.oninput = note;
  byId('upload-cancel').onclick = () => (running ? running.abort() : close());
  onSubmit('upload', () => files && !running && void upload(name.value.trim(), files));

  async function upload(model: string, { config, data }: ModelFiles): Promise<void> {
    const body = new FormData();
    if (config) body.append('config', config, config.name);
    if (data) body.append('data', data, data.name);
    for (const field of CHOICES) {
      const value = choiceOf(field).value.trim();
      if (value) body.append(field, value);
    }
    const { signal } = (running = new AbortController());
    byId<HTMLButtonElement>('upload-send').disabled = true;
    const options = { method: 'PUT', answerWithinMs: PUBLISH_WITHIN_MS, signal, onProgress: showProgress } as const;
    const work = () => uploadForm<Published>(modelPath(model), body, options);
    const head = h('p', h('b', model), ' is there. ');
    if (await showOutcome({ id: 'upload-outcome', head }, work)) close();
    running = undefined;
    byId('upload-progress').hidden = true;
    byId<HTMLButtonElement>('upload-send').disabled = false;
    onChange();
  }
}

function showProgress(sent: number, total: number): void {
  const bar = byId<HTMLProgressElement>('upload-progress');
  bar.hidden = false;
  if (sent < total) bar.value = sent / total;
  else bar.removeAttribute('value');
  byId('upload-outcome').textContent =
    sent < total ? `Uploading ${bytes(sent)} of ${bytes(total)} …` : 'Triton loads the model, and it is tried once …';
}

/** A model of NGC by its name there; the server fetches it. The list shows how far that is. */
export function startNgcForm(onChange: () => void): void {
  const [path, version, name] = ['path', 'version', 'name'].map((id) => byId<HTMLInputElement>(`ngc-${id}`));
  const send = byId<HTMLButtonElement>('ngc-send');
  path.onchange = () => (name.value ||= path.value.split('/').at(-1) ?? '');
  onSubmit('ngc', async () => {
    send.disabled = true;
    setTimeout(onChange, 500);
    const body = { path: path.value.trim(), version: version.value.trim() };
    const options = { ...json('PUT', body), deadlineMs: FETCH_WITHIN_MS };
    const what = 'The server fetches the model; the list shows how far it is …';
    const work = () => ask<Published>(modelPath(name.value.trim()), options);
    await showOutcome({ id: 'ngc-outcome', what }, work);
    send.disabled = false;
    onChange();
  });
}

/** The files of one model, as `PUT /admin/model/<name>` takes them. */
interface ModelFiles {
  config?: File;
  data?: File;
}

/** Fields of the form that choose among what nnU-Net trained. */
const CHOICES = ['configuration', 'folds', 'precision', 'mirroring'] as const;
const choiceOf = (field: (typeof CHOICES)[number]) => byId<HTMLInputElement | HTMLSelectElement>(`upload-${field}`);

/** What needs no config beside it: archives, and checkpoints of nnU-Net. */
const ARCHIVE = /\.(zip|tar|tgz|tar\.gz|mmar|pth)$/i;
const CONFIG_NAMES = ['config_aiaa.json', 'inference.json'];
/** Names that say nothing of the model. */
const PLAIN = /^(model|saved_model|frozen|network|config_aiaa|inference|config)$/i;

/** Finds the config and the model among files: a `.json` is the config, the other one the data; an archive may have both. */
function modelOf(all: File[], folder: string | undefined): { files: ModelFiles; name: string } | { problem: string } {
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
  if (!config && !ARCHIVE.test(data.name)) {
    const problem = `${data.name} alone says nothing of its labels and transforms: drop its config_aiaa.json together with it.`;
    return { problem };
  }
  return { files: { config, data }, name: nameFrom(data ?? config!, folder) };
}

/** A name for the model out of a file's, or a folder's where that says nothing. */
function nameFrom({ name }: File, folder: string | undefined): string {
  const stem = name.replace(/(\.tar)?\.\w+$/i, '').replace(/\.\w+$/, '');
  const best = PLAIN.test(stem) ? (folder ?? '') : stem;
  return best.replace(/[^\w.-]+/g, '_').replace(/^[^A-Za-z0-9]+/, '');
}
