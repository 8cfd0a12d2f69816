import { byId } from '../element';
import { mark } from '../frame/readiness';
import { ask } from '../live/ask';
import { outcome, problemList } from './findings';
import { modelPath, problemsOf, PUBLISH_WITHIN_MS, sentenceOf, type Published } from './stored-model';

/** The server fetches for an hour at most, and loads. */
const FETCH_WITHIN_MS = 3_600_000 + PUBLISH_WITHIN_MS;

/** A model of NGC by its name there; the server fetches it. How far that is stands in the list. */
export function startNgcForm(onChange: () => void): void {
  const form = byId<HTMLFormElement>('ngc');
  const path = byId<HTMLInputElement>('ngc-path');
  const version = byId<HTMLInputElement>('ngc-version');
  const name = byId<HTMLInputElement>('ngc-name');
  const say = (...children: (Node | string)[]) => byId('ngc-outcome').replaceChildren(...children);
  path.addEventListener('change', () => (name.value ||= path.value.split('/').at(-1) ?? ''));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void fetchModel();
  });

  async function fetchModel(): Promise<void> {
    const send = byId<HTMLButtonElement>('ngc-send');
    send.disabled = true;
    say('The server fetches the model; the list shows how far it is …');
    setTimeout(onChange, 500);
    try {
      const body = JSON.stringify({ path: path.value.trim(), version: version.value.trim() });
      const headers = { 'Content-Type': 'application/json' };
      const place = modelPath(name.value.trim());
      say(...outcome(await ask<Published>(place, { method: 'PUT', body, headers, deadlineMs: FETCH_WITHIN_MS })));
    } catch (error) {
      say(mark('bad', sentenceOf(error)), problemList(problemsOf(error)));
    } finally {
      send.disabled = false;
      onChange();
    }
  }
}
