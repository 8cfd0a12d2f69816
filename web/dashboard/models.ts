import { element } from '../element';
import { mark } from '../frame/readiness';
import { count, duration } from '../text/numbers';
import type { History, Latency, LiveModel } from './data';
import { latencyColumns } from './endpoints';
import { tableIn } from './place';

type Row = Partial<LiveModel> & { name: string; calls?: Latency };

const marks: Record<string, 'good' | 'busy' | 'bad'> = { ready: 'good', loading: 'busy', failed: 'bad' };

const show = tableIn<Row>(
  'models',
  {
    label: 'Models: state, calls, what Triton says',
    key: ({ name }) => name,
    columns: [
      { name: 'Model', cell: nameOf, sort: ({ name }) => name },
      { name: 'Version', numeric: true, cell: ({ version }) => version ?? '–' },
      { name: 'State', cell: stateOf, sort: ({ state }) => state ?? '' },
      ...latencyColumns<Row>(({ calls }) => calls),
      {
        name: 'In Triton',
        numeric: true,
        cell: ({ triton }) => (triton ? count(triton.inferences) : '–'),
        sort: ({ triton }) => triton?.inferences ?? -1,
      },
      { name: 'Failed there', numeric: true, cell: ({ triton }) => (triton ? count(triton.failures) : '–') },
      { name: 'Queue time', numeric: true, cell: ({ triton }) => duration(triton?.queue_ms) },
      { name: 'Compute time', numeric: true, cell: ({ triton }) => duration(triton?.compute_ms) },
      { name: 'Waiting there', numeric: true, cell: ({ triton }) => count(triton?.pending) },
    ],
  },
  ['No model is loaded.', 'Upload one on the page Models.'],
);

/** Models that are loaded, and those that were called and are gone. */
export function showModels(live: readonly LiveModel[], called: History['models']): void {
  const gone = called.filter(({ model }) => !live.some(({ name }) => name === model));
  show([
    ...live.map((one) => ({ ...one, calls: called.find(({ model }) => model === one.name) })),
    ...gone.map((calls) => ({ name: calls.model, calls })),
  ]);
}

function nameOf({ name }: Row): HTMLElement {
  return element('span', { className: 'mono' }, name);
}

function stateOf({ state, reason }: Row): HTMLElement {
  if (state === undefined) return element('span', { className: 'quiet' }, 'not loaded');
  const word = mark(marks[state] ?? 'busy', state);
  return reason ? element('div', { className: 'reason' }, word, element('div', {}, reason)) : word;
}
