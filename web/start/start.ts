import { byId, element } from '../element.js';
import { startTheme } from '../theme.js';
import { clientGuides } from './clients.js';
import { modelTable, stateLine, type ModelEntry, type Readiness } from './models.js';
import { startSelfCheck } from './self-check.js';
import { clientTabs } from './tabs.js';

const REFRESH_MS = 10_000;
const LOCAL = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/i;

/** The URL of this server is where this page came from, without the slash at its end. */
const server = new URL('.', location.href).href.replace(/\/$/, '');

startTheme(byId<HTMLButtonElement>('theme'));
byId('server').textContent = server;
showHint();
startCopy();
startSelfCheck(server);
byId('tabs').replaceChildren(clientTabs(clientGuides(server, 'MODEL')));
void refresh();

function showHint(): void {
  const { hostname } = new URL(server);
  if (LOCAL.test(hostname))
    byId('hint').textContent =
      `${hostname} is this machine: for clients elsewhere put its name or address in its place.`;
}

function startCopy(): void {
  const button = byId<HTMLButtonElement>('copy');
  button.addEventListener('click', () => void copy(button));
}

async function copy(button: HTMLButtonElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(server);
    button.textContent = 'Copied';
  } catch {
    // A page of plain http may not write to the clipboard: then the URL is marked for Ctrl-C.
    getSelection()?.selectAllChildren(byId('server'));
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Press Ctrl-C';
  }
  setTimeout(() => (button.textContent = 'Copy'), 2000);
}

/** State and models, again and again; a lost connection mends itself. */
async function refresh(): Promise<void> {
  const list = byId('model-list');
  try {
    const [readiness, entries] = await Promise.all([ask<Readiness>('health/ready'), ask<ModelEntry[]>('v1/models')]);
    update(byId('state'), stateLine(readiness));
    update(list, [modelTable(readiness, entries, server)]);
    list.ariaBusy = 'false';
  } catch {
    const text = `The server does not answer. It is asked again every ${REFRESH_MS / 1000} s.`;
    update(byId('state'), [element('span', { className: 'mark bad' }, text)]);
  }
  setTimeout(() => void refresh(), REFRESH_MS);
}

/** 503 has the same body: not ready is an answer too. */
async function ask<T>(path: string): Promise<T> {
  const response = await fetch(path, { signal: AbortSignal.timeout(REFRESH_MS) });
  if (!response.ok && response.status !== 503) throw new Error(response.statusText);
  return (await response.json()) as T;
}

/** Changes a live region only when it says something new, and keeps what has the focus. */
function update(place: HTMLElement, children: Node[]): void {
  const fresh = element('div', {}, ...children);
  if (fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
}
