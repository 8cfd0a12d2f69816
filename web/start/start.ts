import { byId } from '../element';
import { startFrame } from '../frame/frame';
import { watchReadiness, type Readiness } from '../frame/readiness';
import { ask, serverRoot } from '../live/ask';
import { showData } from '../states/states';
import { clientGuides } from './clients';
import { modelTable, type ModelEntry } from './model-table';
import { startSelfCheck } from './self-check';
import { clientTabs } from './tabs';

const LOCAL = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/i;

/** The URL of this server is where this page came from, without the slash at its end. */
const server = serverRoot().replace(/\/$/, '');

startFrame();
byId('server').textContent = server;
showHint();
startCopy();
startSelfCheck(server);
byId('tabs').replaceChildren(clientTabs(clientGuides(server, 'MODEL')));
watchReadiness((readiness) => void refreshModels(readiness));

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

/** A model list of the last answer stays while the server does not answer: the state line says so. */
async function refreshModels(readiness: Readiness | undefined): Promise<void> {
  if (!readiness) return;
  const entries = await ask<ModelEntry[]>('v1/models').catch(() => []);
  showData(byId('model-list'), modelTable(readiness, entries, server));
}
