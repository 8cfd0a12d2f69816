import type { StoredModel } from '../../gateway/contract/models';
import { button, byId, h, mark, showData, showEmpty, showFailure, showLoading, stateMark } from '../dom';
import { focusOnSlash, startFrame } from '../frame/frame';
import { ask, AskError } from '../server/ask';
import { every } from '../server/every';
import { createTable, words } from '../table';
import { bytes, keepTimesFresh, timeElement } from '../text';
import { startDetails } from './details';
import { adminSentence, findingsOf } from './outcome';
import { startNgcForm, startUploadForm } from './upload';

const REFRESH_MS = 3000;
/** The browser may ask for a password first: somebody has to type it, and a deadline would take the dialog away. */
const PASSWORD_WITHIN_MS = 600_000;
/** Characters of a finding that the list shows. */
const SHOWN = 110;

let models: readonly StoredModel[] = [];
let entered = false;
let stop: (() => void) | undefined;

startFrame();
keepTimesFresh();
const place = byId('list');
const filter = byId<HTMLInputElement>('filter');
const table = createTable<StoredModel>({
  label: 'Models',
  key: ({ name }) => name,
  columns: [
    words('Name', 'name', nameButton),
    words('State', 'state', stateOf),
    words('Type', 'type'),
    { name: 'Version', numeric: true, cell: ({ version }) => String(version ?? '') },
    words('Last call', 'last_call', ({ last_call: at }) => (at ? timeElement(at) : h('span.quiet', 'none'))),
    { name: 'Findings', cell: findingsCell },
  ],
});
const refreshNow = () => void refresh();
const details = startDetails(refreshNow);
startUploadForm({ models: () => models, onChange: refreshNow });
startNgcForm(refreshNow);
filter.oninput = showModels;
focusOnSlash(filter);
showLoading(place);
start();

/** Asks again and again. */
function start(): void {
  stop?.();
  stop = every(REFRESH_MS, refresh);
}

async function refresh(): Promise<void> {
  try {
    models = await ask<StoredModel[]>('admin/model', entered ? {} : { deadlineMs: PASSWORD_WITHIN_MS });
    entered = true;
    showModels();
    details.refresh(models);
  } catch (error) {
    showFailure(place, adminSentence(error), start);
    // Each further question would open the browser's password dialog again.
    if (error instanceof AskError && [401, 403, 429].includes(error.status ?? 0)) stop?.();
  }
}

/** Those whose name, type or state has each word of the filter. */
function showModels(): void {
  const wanted = filter.value.toLowerCase().split(/\s+/);
  const found = models.filter(({ name, type, state }) => {
    const text = `${name} ${type ?? ''} ${state}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  byId('found').textContent = filter.value.trim() ? `${found.length} of ${models.length}` : '';
  if (models.length === 0)
    showEmpty(place, 'There is no model yet.', 'Drop a config_aiaa.json and its model file here.');
  else if (found.length === 0) showEmpty(place, 'No model passes the filter.', 'Empty it to see all.');
  else if (!place.contains(table.element)) {
    showData(place);
    place.append(table.element);
  }
  table.show(found);
}

function nameButton({ name }: StoredModel): HTMLElement {
  const open = () => {
    const model = models.find((one) => one.name === name);
    if (model) details.open(model);
  };
  return button(name, open, { className: 'name mono', title: 'Versions, config, findings' });
}

function stateOf({ state, download }: StoredModel): Node {
  if (!download) return stateMark(state);
  const of = download.total ? ` of ${bytes(download.total)}` : '';
  return mark('busy', `downloading, ${bytes(download.bytes)}${of}`);
}

function findingsCell(model: StoredModel): Node {
  const [first, ...more] = findingsOf(model);
  if (!first) return h('span.quiet', 'none');
  const text = first.text.length > SHOWN ? `${first.text.slice(0, SHOWN)}…` : first.text;
  return h('span.finding', mark(first.kind, text), more.length > 0 ? ` and ${more.length} more` : '');
}
