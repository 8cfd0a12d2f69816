import type { ModelEntry, Readiness } from '../../gateway/contract/models';
import type { Sample } from '../../gateway/contract/sessions';
import { acceptFiles } from '../chosen-files';
import { button, byId, h } from '../dom';
import { watchReadiness } from '../frame/frame';
import { ask } from '../server/ask';
import { bytes } from '../text';

/** The models that can run now, kept up to date; `?model=` in the page's address chooses one. */
export function startModelChoice(choose: (model: ModelEntry | undefined) => void): void {
  const field = byId<HTMLSelectElement>('model');
  const wanted = new URLSearchParams(location.search).get('model');
  let models: ModelEntry[] = [];
  let chosen: string | undefined;
  let shown = '';

  const use = () => {
    const model = models.find(({ name }) => name === field.value);
    chosen = model?.name;
    const about = model ? [model.type, model.labels.join(', '), model.description] : [];
    byId('about-model').textContent = about.filter(Boolean).join(' · ');
    choose(model);
  };
  field.onchange = use;
  watchReadiness((state) => state && void refresh(state));

  async function refresh({ models: all }: Readiness): Promise<void> {
    // A damaged one may serve; those that cannot are not in the list below.
    const ready = new Set(all.filter(({ state }) => /ready|damaged/.test(state)).map(({ name }) => name));
    models = (await ask<ModelEntry[]>('v1/models').catch(() => [])).filter(({ name }) => ready.has(name));
    const names = models.map(({ name }) => name);
    if (names.join('\n') === shown && names.length > 0) return;
    shown = names.join('\n');
    field.replaceChildren(...names.map((name) => h('option', { value: name }, name)));
    field.disabled = names.length === 0;
    if (names.length === 0) field.append(h('option', 'no model is ready: upload one on the page Models'));
    const keep = chosen ?? wanted ?? '';
    if (names.includes(keep)) field.value = keep;
    if (chosen === undefined || field.value !== chosen) use();
  }
}

/** An image that was chosen: one file, the two of a pair, or those of a DICOM series. */
export interface ChosenImage {
  /** Of the file, or of the folder. */
  name: string;
  isFolder: boolean;
  /** Of the server's own; its files are fetched from there. */
  isSample: boolean;
  files: File[];
}

/** Files of other programs that lie in folders with images. */
const NO_IMAGE = /^\.|^(DICOMDIR|Thumbs\.db)$/i;

/** Samples of the server, a file, a folder, or something dropped on the page. */
export async function startImageSource(choose: (image: ChosenImage) => void): Promise<void> {
  const take = (all: File[], folder?: string) => {
    const files = all.length > 1 ? all.filter(({ name }) => !NO_IMAGE.test(name)) : all;
    const isFolder = files.length > 1;
    choose({ name: isFolder ? (folder ?? 'series') : files[0].name, isFolder, isSample: false, files });
  };
  acceptFiles({ 'choose-file': 'file', 'choose-folder': 'folder' }, take);
  const samples = await ask<Sample[]>('samples').catch(() => []);
  const offers = samples.map(({ name, bytes: size }) =>
    button(name, () => choose({ name, isFolder: false, isSample: true, files: [] }), {
      title: `Sample of the server, ${bytes(size)}`,
    }),
  );
  const none = h('span.quiet', 'This server offers no sample (--samples).');
  byId('samples').replaceChildren(...(offers.length > 0 ? offers : [none]));
}
