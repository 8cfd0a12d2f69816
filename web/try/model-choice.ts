import { byId, element } from '../element';
import { ask } from '../live/ask';
import { watchReadiness, type Readiness } from '../frame/readiness';
import type { ModelEntry } from './prompts';

/** The models that can run now, kept up to date; `?model=` in the page's address chooses one. */
export function startModelChoice(choose: (model: ModelEntry | undefined) => void): void {
  const field = byId<HTMLSelectElement>('model');
  let models: ModelEntry[] = [];
  const wanted = new URLSearchParams(location.search).get('model');
  let chosen: string | undefined;
  let shown = '';

  const use = () => {
    const model = models.find(({ name }) => name === field.value);
    chosen = model?.name;
    byId('about-model').textContent = model ? about(model) : '';
    choose(model);
  };
  field.addEventListener('change', use);
  watchReadiness((state) => void refresh(state));

  async function refresh(state: Readiness | undefined): Promise<void> {
    const ready = new Set(state?.models.filter((one) => one.state === 'ready').map(({ name }) => name));
    if (!state) return;
    models = (await ask<ModelEntry[]>('v1/models').catch(() => [])).filter(({ name }) => ready.has(name));
    const names = models.map(({ name }) => name).join('\n');
    if (names === shown && models.length > 0) return;
    shown = names;
    field.replaceChildren(...models.map(({ name }) => element('option', { value: name }, name)));
    field.disabled = models.length === 0;
    if (models.length === 0) field.append(element('option', {}, 'no model is ready: upload one on the page Models'));
    const keep = chosen ?? wanted;
    if (models.some(({ name }) => name === keep)) field.value = keep!;
    if (chosen === undefined || field.value !== chosen) use();
  }
}

function about({ type, description, labels }: ModelEntry): string {
  return [type, labels.join(', '), description].filter(Boolean).join(' · ');
}
