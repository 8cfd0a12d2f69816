import { count, duration } from '../text/numbers';
import { timeElement } from '../text/times';
import type { Column } from '../table/table';
import type { History, Latency } from './data';
import { tableIn } from './place';

/** Columns of hits and latency, for endpoints and models. */
export function latencyColumns<Row>(of: (row: Row) => Latency | undefined): Column<Row>[] {
  const time = (name: string, field: 'median_ms' | 'p95_ms' | 'p99_ms'): Column<Row> => ({
    name,
    numeric: true,
    cell: (row) => duration(of(row)?.[field]),
    sort: (row) => of(row)?.[field] ?? -1,
  });
  return [
    { name: 'Calls', numeric: true, cell: (row) => count(of(row)?.hits ?? 0), sort: (row) => of(row)?.hits ?? 0 },
    time('Median', 'median_ms'),
    time('p95', 'p95_ms'),
    time('p99', 'p99_ms'),
    { name: 'Errors', numeric: true, cell: (row) => count(of(row)?.errors ?? 0), sort: (row) => of(row)?.errors ?? 0 },
  ];
}

export const showEndpoints = tableIn<History['endpoints'][number]>(
  'endpoints',
  {
    label: 'Calls and latency of each endpoint',
    key: ({ method, endpoint }) => `${method} ${endpoint}`,
    columns: [
      { name: 'Endpoint', cell: ({ method, endpoint }) => `${method} ${endpoint}`, sort: ({ endpoint }) => endpoint },
      ...latencyColumns<History['endpoints'][number]>((row) => row),
      { name: 'Last call', cell: ({ last }) => timeElement(Date.parse(last)), sort: ({ last }) => last },
    ],
  },
  ['No call in this time.', 'Choose a longer history, or send an image: the start page shows how.'],
);
