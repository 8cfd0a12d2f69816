import { byId, element } from '../element';
import { mark } from '../frame/readiness';
import { acceptDrops } from '../live/dropped-files';
import { uploadForm } from '../live/upload-form';
import { bytes } from '../text/numbers';
import { modelOf, type ModelFiles } from './dropped-model';
import { outcome, problemList } from './findings';
import { modelPath, problemsOf, PUBLISH_WITHIN_MS, sentenceOf, type Published, type StoredModel } from './stored-model';

export interface UploadPanelOptions {
  models(): readonly StoredModel[];
  /** A model has changed: the list is old. */
  onChange(): void;
}

/** Takes the files of a model from a drop anywhere or from a dialog, asks for its name, sends it and says what came of it. */
export function startUploadPanel({ models, onChange }: UploadPanelOptions): void {
  const form = byId<HTMLFormElement>('upload');
  const name = byId<HTMLInputElement>('upload-name');
  const input = byId<HTMLInputElement>('upload-files');
  const cancel = byId<HTMLButtonElement>('upload-cancel');
  let files: ModelFiles | undefined;
  let running: AbortController | undefined;

  const say = (...children: (Node | string)[]) => byId('upload-outcome').replaceChildren(...children);
  const note = () => {
    const old = models().find((model) => model.name === name.value.trim());
    byId('upload-note').textContent = old
      ? `There is a model of this name: version ${old.version ?? '?'} serves until the new one is loaded, and can be gone back to.`
      : '';
  };
  const take = (chosen: File[], folder: string | undefined) => {
    if (running) return;
    const found = modelOf(chosen, folder);
    form.hidden = 'problem' in found;
    if ('problem' in found) return say(mark('bad', found.problem));
    say();
    files = found.files;
    name.value = found.name;
    const parts = [files.config, files.data].filter((file) => file !== undefined);
    byId('upload-parts').replaceChildren(
      ...parts.map((file) => element('li', {}, `${file.name}, ${bytes(file.size)}`)),
    );
    note();
    byId('upload-heading').scrollIntoView({ block: 'nearest' });
    name.focus();
    name.select();
  };
  acceptDrops(take);
  byId('upload-choose').addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const chosen = [...(input.files ?? [])];
    input.value = '';
    if (chosen.length > 0) take(chosen, undefined);
  });
  name.addEventListener('input', note);
  cancel.addEventListener('click', () => {
    if (running) return running.abort();
    form.hidden = true;
    files = undefined;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (files && !running) void upload(name.value.trim(), files);
  });

  async function upload(model: string, { config, data }: ModelFiles): Promise<void> {
    const body = new FormData();
    if (config) body.append('config', config, config.name);
    if (data) body.append('data', data, data.name);
    running = new AbortController();
    byId<HTMLButtonElement>('upload-send').disabled = true;
    try {
      const published = await uploadForm<Published>(modelPath(model), body, {
        method: 'PUT',
        answerWithinMs: PUBLISH_WITHIN_MS,
        signal: running.signal,
        onProgress: (sent, total) =>
          showProgress(
            sent < total
              ? `Uploading ${bytes(sent)} of ${bytes(total)} …`
              : 'Triton loads the model, and it is tried once …',
            sent < total ? sent / total : undefined,
          ),
      });
      say(element('p', {}, element('b', {}, model), ' is there. '), ...outcome(published));
      form.hidden = true;
      files = undefined;
    } catch (error) {
      if ((error as Error).name === 'AbortError') say('The upload was ended.');
      else say(mark('bad', sentenceOf(error)), problemList(problemsOf(error)));
    } finally {
      running = undefined;
      byId('upload-progress').hidden = true;
      byId<HTMLButtonElement>('upload-send').disabled = false;
      onChange();
    }
  }

  function showProgress(what: string, fraction: number | undefined): void {
    const bar = byId<HTMLProgressElement>('upload-progress');
    bar.hidden = false;
    if (fraction === undefined) bar.removeAttribute('value');
    else bar.value = fraction;
    say(what);
  }
}
