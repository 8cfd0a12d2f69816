import { element } from '../element';
import { mark, type Readiness } from '../frame/readiness';

/** What `GET /v1/models` says of a model, as far as it is shown. */
export interface ModelEntry {
  name: string;
  type: string;
  labels?: string[];
  description?: string;
}

const marks = { ready: 'good', loading: 'busy', failed: 'bad' } as const;

/** The models with their state, failed ones first. */
export function modelTable({ models }: Readiness, entries: readonly ModelEntry[], server: string): HTMLElement {
  if (models.length === 0) return emptyList(server);
  const order = ['failed', 'loading', 'ready'];
  const rows = [...models]
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
    .map(({ name, state, reason }) => {
      const entry = entries.find((one) => one.name === name);
      const about = reason || (entry?.labels?.length ? entry.labels.join(', ') : (entry?.description ?? ''));
      return element(
        'tr',
        {},
        element('td', { className: 'mono' }, name),
        element('td', {}, mark(marks[state], state)),
        element('td', {}, entry?.type ?? ''),
        element('td', {}, about),
      );
    });
  const head = ['Name', 'State', 'Type', 'Labels, or what is wrong'].map((text) =>
    element('th', { scope: 'col' }, text),
  );
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows));
  return element(
    'div',
    { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'Models and their state' },
    table,
  );
}

function emptyList(server: string): HTMLElement {
  const command = `curl -X PUT -F config=@config_aiaa.json -F data=@model.onnx ${server}/admin/model/NAME`;
  return element(
    'div',
    {},
    element('p', {}, 'No model is loaded yet. Upload one:'),
    element('pre', { tabIndex: 0 }, element('code', {}, command)),
  );
}
