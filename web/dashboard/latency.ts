import { byId, element } from '../element';
import { onThemeChange } from '../frame/theme';
import { showEmpty } from '../states/states';
import { sortedStages, swatch } from '../stages/stages';
import { createTable, type Table } from '../table/table';
import { count, duration } from '../text/numbers';
import { exactTime } from '../text/times';
import type { Series, SeriesPoint } from './data';
import { drawLatency, type LatencyChart } from './latency-chart';

const SHOW = ['Show as table', 'Show as chart'];

let series: Series | undefined;
let asTable = false;
let chart: LatencyChart | undefined;
let table: { stages: string; table: Table<SeriesPoint> } | undefined;

/** The button that changes between chart and table; the chart follows the width of its place and the colours of the page. */
export function startLatency(): void {
  const button = byId<HTMLButtonElement>('latency-view');
  button.addEventListener('click', () => {
    asTable = !asTable;
    button.textContent = SHOW[Number(asTable)];
    button.ariaPressed = String(asTable);
    byId('latency').replaceChildren();
    draw();
  });
  onThemeChange(() => chart && draw(true));
  new ResizeObserver(() => chart?.fit()).observe(byId('latency'));
}

/** Mean time of each stage over time: as stacked bars, or the same numbers as a table. */
export function showLatency(newer: Series): void {
  series = newer;
  draw();
}

function draw(anew = false): void {
  const place = byId('latency');
  if (!series) return;
  place.ariaBusy = 'false';
  const names = sortedStages(new Set(series.points.flatMap(({ stages }) => Object.keys(stages))));
  if (names.length === 0) {
    chart?.remove();
    chart = undefined;
    return showEmpty(
      place,
      'No inference in this time.',
      'Choose a longer history, or send an image: the start page shows how.',
    );
  }
  if (asTable) return drawTable(place, names);
  if (chart?.element.isConnected && !anew && chart.stages === names.join()) return chart.show(series);
  chart?.remove();
  chart = drawLatency(series, names, (point) => point && sayPoint(point, names));
  const legend = element('p', { className: 'legend' }, ...names.map((name) => element('span', {}, swatch(name), name)));
  const said = element(
    'p',
    { id: 'point', className: 'quiet' },
    'Mean time of each stage. Point at a bar for its numbers.',
  );
  place.replaceChildren(chart.element, legend, said);
  chart.fit();
}

function sayPoint({ time, hits, median_ms: median, p95_ms: p95, stages }: SeriesPoint, names: readonly string[]): void {
  const parts = names.filter((name) => stages[name] !== undefined).map((name) => `${name} ${duration(stages[name])}`);
  const calls = `${count(hits)} calls, median ${duration(median)}, p95 ${duration(p95)}`;
  byId('point').textContent = [exactTime(Date.parse(time)), calls, ...parts].join(' · ');
}

function drawTable(place: HTMLElement, names: readonly string[]): void {
  chart?.remove();
  chart = undefined;
  if (table?.stages !== names.join()) table = { stages: names.join(), table: latencyTable(names) };
  table.table.show([...series!.points].reverse());
  if (!table.table.element.isConnected) place.replaceChildren(table.table.element);
}

function latencyTable(names: readonly string[]): Table<SeriesPoint> {
  return createTable<SeriesPoint>({
    label: 'Latency by stage over time, newest first',
    key: ({ time }) => time,
    columns: [
      { name: 'From', cell: ({ time }) => exactTime(Date.parse(time)) },
      { name: 'Calls', numeric: true, cell: ({ hits }) => count(hits), sort: ({ hits }) => hits },
      { name: 'Errors', numeric: true, cell: ({ errors }) => count(errors), sort: ({ errors }) => errors },
      { name: 'Median', numeric: true, cell: ({ median_ms: ms }) => duration(ms), sort: ({ median_ms: ms }) => ms },
      { name: 'p95', numeric: true, cell: ({ p95_ms: ms }) => duration(ms), sort: ({ p95_ms: ms }) => ms },
      ...names.map((name) => ({
        name,
        numeric: true,
        cell: ({ stages }: SeriesPoint) => duration(stages[name]),
        sort: ({ stages }: SeriesPoint) => stages[name] ?? -1,
      })),
    ],
  });
}
