import { element } from '../element';
import { mark } from '../frame/readiness';
import { createTable, type Table } from '../table/table';
import { bytes } from '../text/numbers';
import { timeElement } from '../text/times';
import { findingsOf } from './findings';
import type { StoredModel } from './stored-model';

const marks = { ready: 'good', loading: 'busy', downloading: 'busy', failed: 'bad' } as const;
const SHOWN = 110;

/** The table of all models. @param open shows one */
export function modelList(open: (name: string) => void): Table<StoredModel> {
  return createTable<StoredModel>({
    label: 'Models',
    key: ({ name }) => name,
    columns: [
      { name: 'Name', cell: ({ name }) => nameButton(name, open), sort: ({ name }) => name },
      { name: 'State', cell: stateOf, sort: ({ state }) => state },
      { name: 'Type', cell: ({ type }) => type ?? '', sort: ({ type }) => type ?? '' },
      { name: 'Version', numeric: true, cell: ({ version }) => (version === undefined ? '' : String(version)) },
      {
        name: 'Last call',
        cell: ({ last_call: at }) =>
          at ? timeElement(Date.parse(at)) : element('span', { className: 'quiet' }, 'none'),
        sort: ({ last_call: at }) => at ?? '',
      },
      { name: 'Findings', cell: findingsCell },
    ],
  });
}

function nameButton(name: string, open: (name: string) => void): HTMLElement {
  const button = element(
    'button',
    { type: 'button', className: 'name mono', title: 'Versions, config, findings' },
    name,
  );
  button.addEventListener('click', () => open(name));
  return button;
}

function stateOf({ state, download }: StoredModel): Node {
  if (!download) return mark(marks[state], state);
  const of = download.total ? ` of ${bytes(download.total)}` : '';
  return mark('busy', `downloading, ${bytes(download.bytes)}${of}`);
}

function findingsCell(model: StoredModel): Node {
  const [first, ...more] = findingsOf(model);
  if (!first) return element('span', { className: 'quiet' }, 'none');
  const text = first.text.length > SHOWN ? `${first.text.slice(0, SHOWN)}…` : first.text;
  return element(
    'span',
    { className: 'finding' },
    mark(first.kind, text),
    more.length > 0 ? ` and ${more.length} more` : '',
  );
}
