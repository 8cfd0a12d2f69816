import { byId } from '../element';
import { startFrame } from '../frame/frame';
import { AskError } from '../live/ask';
import { every } from '../live/every';
import { showData, showEmpty, showFailure, showLoading } from '../states/states';
import { keepTimesFresh } from '../text/times';
import { startDetails } from './details';
import { modelList } from './model-list';
import { startNgcForm } from './ngc-form';
import { listModels, sentenceOf, type StoredModel } from './stored-model';
import { startUploadPanel } from './upload-panel';

const REFRESH_MS = 3000;

let models: readonly StoredModel[] = [];
let stop: (() => void) | undefined;

startFrame();
keepTimesFresh();
const place = byId('list');
const filter = byId<HTMLInputElement>('filter');
const table = modelList((name) => {
  const model = models.find((one) => one.name === name);
  if (model) details.open(model);
});
const refreshNow = () => void refresh();
const details = startDetails(refreshNow);
startUploadPanel({ models: () => models, onChange: refreshNow });
startNgcForm(refreshNow);
filter.addEventListener('input', showModels);
showLoading(place);
start();

/** Asks again and again. */
function start(): void {
  stop?.();
  stop = every(REFRESH_MS, refresh);
}

async function refresh(): Promise<void> {
  try {
    models = await listModels();
    showModels();
    details.refresh(models);
  } catch (error) {
    showFailure(place, sentenceOf(error), start);
    // Each further question would open the browser's password dialog again.
    if (error instanceof AskError && [401, 403, 429].includes(error.status ?? 0)) stop?.();
  }
}

/** Those whose name, type or state has each word of the filter. */
function showModels(): void {
  const words = filter.value.toLowerCase().split(/\s+/);
  const found = models.filter(({ name, type, state }) => {
    const text = `${name} ${type ?? ''} ${state}`.toLowerCase();
    return words.every((word) => text.includes(word));
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
