import type { HistoryReport, Latency, LiveModel } from '../../gateway/contract/dashboard';
import { byId, h, showEmpty, stateMark } from '../dom';
import { stageBar, stageColour, stageSwatch } from '../stages/stages';
import { createTable, words, type Column, type KeyOf, type Table, type TableOptions } from '../table';
import { count, duration, percent, shortId, timeElement } from '../text';

/** A line of the history. */
type Line<Part extends Exclude<keyof HistoryReport, 'from' | 'to' | 'series'>> = HistoryReport[Part][number];

export const LONGER = 'Choose a longer history, or send an image: the start page shows how.';

export interface PlacedTable<Row> extends TableOptions<Row> {
  /** Of its place on the page. */
  id: string;
  /** Said without rows. */
  empty: [sentence: string, nextStep?: string];
}

/** A table in a place of the page, made when there are rows for the first time. */
export function tableIn<Row>({ id, empty, ...options }: PlacedTable<Row>): (rows: readonly Row[]) => void {
  let table: Table<Row> | undefined;
  return (rows) => {
    const place = byId(id);
    if (rows.length === 0) return showEmpty(place, ...empty);
    table ??= createTable(options);
    table.show(rows);
    if (!table.element.isConnected) place.replaceChildren(table.element);
    place.ariaBusy = 'false';
  };
}

/** A column of numbers; sortable, unknown values last. */
export function numbers<Row>(
  name: string,
  key: KeyOf<Row, number>,
  format: (value: number | null | undefined) => string,
): Column<Row> {
  const of = (row: Row) => row[key] as number | null | undefined;
  return { name, numeric: true, cell: (row) => format(of(row)), sort: (row) => of(row) ?? -1 };
}

/** Columns of hits and latency, for endpoints and models. */
function latencyColumns<Row extends Partial<Latency>>(): Column<Row>[] {
  const columns: Column<Partial<Latency>>[] = [
    numbers('Calls', 'hits', count),
    numbers('Median', 'median_ms', duration),
    numbers('p95', 'p95_ms', duration),
    numbers('p99', 'p99_ms', duration),
    numbers('Errors', 'errors', count),
  ];
  return columns;
}

const timeColumn = <Row extends { last: string }>(name: string): Column<Row> => ({
  name,
  cell: ({ last }) => timeElement(last),
  sort: ({ last }) => last,
});

/** A request by its id: its story is on the page of the log. */
export function requestLink(id: string): HTMLElement {
  const href = `../../logs/#request=${encodeURIComponent(id)}`;
  return h('a.mono', { href, title: `All lines of request ${id}` }, shortId(id));
}

/** The model of a request, or its endpoint when it names none. */
export function modelOrEndpoint({ model, endpoint }: { model: string | null; endpoint: string }): HTMLElement {
  return h('span.mono', { title: endpoint }, model ?? endpoint);
}

export const showEndpoints = tableIn<Line<'endpoints'>>({
  id: 'endpoints',
  empty: ['No call in this time.', LONGER],
  label: 'Calls and latency of each endpoint',
  key: ({ method, endpoint }) => `${method} ${endpoint}`,
  columns: [
    words('Endpoint', 'endpoint', ({ method, endpoint }) => `${method} ${endpoint}`),
    ...latencyColumns(),
    timeColumn('Last call'),
  ],
});

export const showClients = tableIn<Line<'clients'>>({
  id: 'clients',
  empty: ['No client called in this time.', 'The start page shows how one is connected.'],
  label: 'Who calls',
  key: ({ client, agent }) => `${client} ${agent}`,
  columns: [
    words('Address', 'client'),
    words('Program', 'agent'),
    numbers('Calls', 'hits', count),
    numbers('Median', 'median_ms', duration),
    numbers('Errors', 'errors', count),
    timeColumn('Last call'),
  ],
});

export const showErrors = tableIn<Line<'errors'>>({
  id: 'errors',
  empty: ['No error in this time.'],
  label: 'Errors with the sentence of the last one',
  key: ({ code, status }) => `${code} ${status}`,
  columns: [
    numbers('Times', 'count', count),
    words('Code', 'code', ({ code, status }) => h('span.mono', `${status} ${code}`)),
    { name: 'What clients were told last', cell: ({ message }) => h('span.sentence', message) },
    timeColumn('Last'),
    { name: 'Request', cell: ({ request }) => requestLink(request) },
  ],
});

/** A model with what Triton counted and what its clients saw; the last two are missing for one that is gone, or was not called. */
type ModelRow = { name: string } & Partial<LiveModel & NonNullable<LiveModel['triton']> & Latency>;

const modelRows = tableIn<ModelRow>({
  id: 'models',
  empty: ['No model is loaded.', 'Upload one on the page Models.'],
  label: 'Models: state, calls, what Triton says',
  key: ({ name }) => name,
  columns: [
    words('Model', 'name', ({ name }) => h('span.mono', name)),
    { name: 'Version', numeric: true, cell: ({ version }) => version ?? '–' },
    words('State', 'state', modelState),
    ...latencyColumns(),
    numbers('In Triton', 'inferences', count),
    numbers('Failed there', 'failures', count),
    numbers('Queue time', 'queue_ms', duration),
    numbers('Compute time', 'compute_ms', duration),
    numbers('Waiting there', 'pending', count),
  ],
});

/** Models that are loaded, and those that were called and are gone. */
export function showModels(live: readonly LiveModel[], called: HistoryReport['models']): void {
  const loaded = live.map((one) => {
    const calls = called.find(({ model }) => model === one.name) ?? { hits: 0, errors: 0 };
    return { ...one, ...one.triton, ...calls };
  });
  const gone = called.filter(({ model }) => !live.some(({ name }) => name === model));
  modelRows([...loaded, ...gone.map((calls) => ({ name: calls.model, ...calls }))]);
}

function modelState({ state, reason }: ModelRow): HTMLElement {
  if (state === undefined) return h('span.quiet', 'not loaded');
  return reason ? h('div.reason', stateMark(state), h('div', reason)) : stateMark(state);
}

type StageRow = Line<'stages'> & { part: number };

const stageRows = tableIn<StageRow>({
  id: 'stages',
  empty: ['No stage was measured in this time.', 'Stages come with inferences.'],
  label: 'Time by stage',
  key: ({ stage }) => stage,
  columns: [
    words('Stage', 'stage', ({ stage }) => h('span', stageSwatch(stage), stage)),
    { name: 'Part', cell: partOfAll, sort: ({ part }) => -part },
    numbers('Calls', 'hits', count),
    numbers('Median', 'median_ms', duration),
    numbers('p95', 'p95_ms', duration),
    numbers('Sum', 'total_ms', duration),
  ],
});

/** Which stage took how much of all time. */
export function showStages(stages: HistoryReport['stages']): void {
  const whole = stages.reduce((sum, { total_ms: ms }) => sum + ms, 0);
  stageRows(stages.map((one) => ({ ...one, part: whole > 0 ? one.total_ms / whole : 0 })));
}

function partOfAll({ stage, part }: StageRow): HTMLElement {
  const bar = h('span.part-bar');
  bar.style.width = `${Math.max(1, 96 * part)}px`;
  bar.style.background = stageColour(stage);
  return h('span.part', bar, percent(part));
}

let longest = 0;

const slowRows = tableIn<Line<'slowest'>>({
  id: 'slowest',
  empty: ['No call in this time.', 'Choose a longer history.'],
  label: 'The slowest requests with their stages',
  key: ({ request, time }) => `${request} ${time}`,
  columns: [
    numbers('Took', 'ms', duration),
    { name: 'Stages', cell: ({ stages }) => stageBar(stages, longest) },
    { name: 'Model', cell: modelOrEndpoint },
    numbers('Status', 'status', String),
    words('Client', 'client'),
    words('When', 'time', ({ time }) => timeElement(time)),
    { name: 'Request', cell: ({ request }) => requestLink(request) },
  ],
});

export function showSlowest(requests: HistoryReport['slowest']): void {
  longest = Math.max(0, ...requests.map(({ ms }) => ms));
  slowRows(requests);
}
