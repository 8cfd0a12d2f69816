import type { ModelEntry, Readiness } from '../../gateway/contract/models';
import { byId, h } from '../dom';
import { watchReadiness } from '../frame/readiness';
import { ask } from '../server/ask';

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

  async function refresh(state: Readiness): Promise<void> {
    const ready = new Set(state.models.filter((one) => one.state === 'ready').map(({ name }) => name));
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
