import type { Readiness } from '../../gateway/contract/models';
import { byId, h, mark, update } from '../dom';
import { ask } from '../server/ask';
import { every } from '../server/every';
import { startTheme } from './theme';

/** The start of every page: theme switch, state line. Each page's script calls it once. */
export function startFrame(): void {
  startTheme(byId<HTMLButtonElement>('theme'));
  const away = () => mark('bad', `The server does not answer. It is asked again every ${REFRESH_MS / 1000} s.`);
  watchReadiness((state) => update(byId('state'), ...(state ? marksOf(state) : [away()])));
}

const REFRESH_MS = 10_000;
const listeners: ((state: Readiness | undefined) => void)[] = [];

/** Calls `show` with what the server says of itself, again and again; with nothing while it does not answer. */
export function watchReadiness(show: (state: Readiness | undefined) => void): void {
  listeners.push(show);
  if (listeners.length > 1) return;
  every(REFRESH_MS, async () => {
    // 503 has the same body: not ready is an answer too.
    const state = await ask<Readiness>('health/ready', { accepted: [503] }).catch(() => undefined);
    for (const show of listeners) show(state);
  });
}

/** Gateway, Triton, models in one line. */
function marksOf({ triton, models }: Readiness): (Node | undefined)[] {
  const count = (state: string) => models.filter((model) => model.state === state).length;
  const [ready, failed, damaged, loading] = ['ready', 'failed', 'damaged', 'loading'].map(count);
  return [
    mark('good', 'Gateway is up'),
    triton.live ? mark('good', 'Triton answers') : mark('bad', 'Triton does not answer'),
    h('span', triton.live || models.length === 0 ? readyOf(ready, models.length) : unknownOf(models.length)),
    loading ? mark('busy', `${loading} loading`) : undefined,
    failed ? mark('bad', `${failed} failed`) : undefined,
    damaged ? mark('bad', `${damaged} damaged`) : undefined,
  ];
}

const readyOf = (ready: number, all: number) => (all ? `${ready} of ${all} models ready` : 'No model yet');

/** What is known of models is what Triton said last. */
const unknownOf = (all: number) =>
  all === 1 ? '1 model, unknown whether it serves' : `${all} models, unknown whether they serve`;

/** Buttons with `data-copies` copy the text of the element of that id. */
export function startCopyButtons(): void {
  for (const one of document.querySelectorAll<HTMLButtonElement>('button[data-copies]'))
    one.onclick = () => void copy(byId(one.dataset.copies!), one);
}

/** Copies the text of an element; the button says so for a moment. */
async function copy(source: HTMLElement, button: HTMLButtonElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? '');
    button.textContent = 'Copied';
  } catch {
    // A page of plain http may not write to the clipboard: then the text is marked for Ctrl-C.
    getSelection()?.selectAllChildren(source);
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Press Ctrl-C';
  }
  setTimeout(() => (button.textContent = 'Copy'), 2000);
}

/** `/` goes to the filter of the page. Esc in a search field empties it, as browsers do. */
export function focusOnSlash(filter: HTMLInputElement): void {
  document.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const isTyping = target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
    if (key !== '/' || ctrlKey || metaKey || altKey || isTyping) return;
    event.preventDefault();
    filter.focus();
    filter.select();
  });
}
