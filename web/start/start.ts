import type { Sample } from '../../gateway/contract/sessions';
import type { ModelEntry, Readiness } from '../../gateway/contract/models';
import { byId, h, mark, scrolling, showData, stateMark } from '../dom';
import { startCopyButtons, startFrame, watchReadiness } from '../frame/frame';
import { ask, serverRoot } from '../server/ask';
import { clientTabs } from './clients';
import { startSelfCheck } from './self-check';
import { isLocal } from './server-url';

/** The URL of this server is where this page came from, without the slash at its end. */
const server = serverRoot().replace(/\/$/, '');
const { hostname } = new URL(server);

startFrame();
startCopyButtons();
byId('server').textContent = server;
if (isLocal(hostname))
  byId('hint').textContent = `${hostname} is this machine: for clients elsewhere put its name or address in its place.`;
startSelfCheck(server);
void offerSample();
byId('tabs').replaceChildren(...clientTabs(server, 'MODEL'));
watchReadiness((readiness) => void showModels(readiness));

/** The button names what there is to try. */
async function offerSample(): Promise<void> {
  const samples = await ask<Sample[]>('samples').catch(() => []);
  if (samples.some(({ name }) => /ct/i.test(name))) byId('try').textContent = 'Try it on a sample CT';
  else if (samples.length > 0) byId('try').textContent = 'Try it on a sample image';
}

/** A model list of the last answer stays while the server does not answer: the state line says so. */
async function showModels(readiness: Readiness | undefined): Promise<void> {
  if (!readiness) return;
  const entries = await ask<ModelEntry[]>('v1/models').catch(() => []);
  showData(byId('model-list'), readiness.models.length > 0 ? modelTable(readiness, entries) : noModels());
}

/** The models with their state, failed and damaged ones first. */
function modelTable({ models, triton }: Readiness, entries: readonly ModelEntry[]): HTMLElement {
  const order = ['failed', 'damaged', 'loading', 'ready'];
  const sorted = [...models].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const rows = sorted.map(({ name, state, reason }) => {
    const entry = entries.find((one) => one.name === name);
    const about = reason || entry?.labels.join(', ') || entry?.description || '';
    return h(
      'tr',
      h('td.mono', name),
      h('td', state === 'ready' && !triton.live ? mark('busy', 'unknown') : stateMark(state)),
      h('td', entry?.type ?? ''),
      h('td', about),
    );
  });
  const names = ['Name', 'State', 'Type', 'Labels, or what is wrong'];
  const heads = names.map((name) => h('th', { scope: 'col' }, name));
  return scrolling('Models and their state', h('table', h('thead', h('tr', ...heads)), h('tbody', ...rows)));
}

function noModels(): HTMLElement {
  const command = `curl -X PUT -F config=@config_aiaa.json -F data=@model.onnx ${server}/admin/model/NAME`;
  return h('div', h('p', 'No model is loaded yet. Upload one:'), h('pre', { tabIndex: 0 }, h('code', command)));
}
