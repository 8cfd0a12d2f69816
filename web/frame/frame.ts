import { byId } from '../dom';
import { showReadiness } from './readiness';
import { startTheme } from './theme';

/** The start of every page: theme switch, keys, state line. Each page's script calls it once. */
export function startFrame(): void {
  startTheme(byId<HTMLButtonElement>('theme'));
  document.addEventListener('keydown', focusFilter);
  showReadiness(byId('state'));
}

/** `/` goes to the filter of the page: its field with `data-slash`. Esc in a search field empties it, as browsers do. */
function focusFilter(event: KeyboardEvent): void {
  const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select, [contenteditable]'); // prettier-ignore
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  const field = document.querySelector<HTMLInputElement>('[data-slash]');
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}
