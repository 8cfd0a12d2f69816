import type { Series, SeriesPoint } from '../../gateway/contract/dashboard';
import { byId, h } from '../dom';
import { onThemeChange } from '../frame/theme';
import { sortedStages, stageSwatch } from '../stages/stages';
import { showEmpty } from '../states';
import { createTable, type Table } from '../table';
import { count, duration } from '../text';
import { exactTime } from '../times';
import { LatencyChart } from './latency-chart';
import { LONGER, numbers } from './tables';

const SHOW = ['Show as table', 'Show as chart'];

let series: Series | undefined;
let asTable = false;
let chart: LatencyChart | undefined;
let table: { stages: string; table: Table<SeriesPoint> } | undefined;

/** The button that changes between chart and table; the chart follows the width of its place and the colours of the page. */
export function startLatency(): void {
  const button = byId<HTMLButtonElement>('latency-view');
  button.onclick = () => {
    asTable = !asTable;
    button.textContent = SHOW[Number(asTable)];
    button.ariaPressed = String(asTable);
    byId('latency').replaceChildren();
    draw();
  };
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
  if (names.length > 0 && !asTable) return drawChart(place, names, series, anew);
  chart?.remove();
  chart = undefined;
  if (names.length > 0) drawTable(place, names, series);
  else showEmpty(place, 'No inference in this time.', LONGER);
}

function drawChart(place: HTMLElement, names: readonly string[], shown: Series, anew: boolean): void {
  if (chart?.element.isConnected && !anew && chart.stages.join() === names.join()) return chart.show(shown);
  chart?.remove();
  chart = new LatencyChart(shown, names, (point) => point && sayPoint(point, names));
  const legend = h('p.legend', ...names.map((name) => h('span', stageSwatch(name), name)));
  const said = h('p.quiet', { id: 'point' }, 'Mean time of each stage. Point at a bar for its numbers.');
  place.replaceChildren(chart.element, legend, said);
  chart.fit();
}

function sayPoint({ time, hits, median_ms: median, p95_ms: p95, stages }: SeriesPoint, names: readonly string[]): void {
  const parts = names.filter((name) => stages[name] !== undefined).map((name) => `${name} ${duration(stages[name])}`);
  const calls = `${count(hits)} calls, median ${duration(median)}, p95 ${duration(p95)}`;
  byId('point').textContent = [exactTime(Date.parse(time)), calls, ...parts].join(' · ');
}

function drawTable(place: HTMLElement, names: readonly string[], { points }: Series): void {
  if (table?.stages !== names.join()) table = { stages: names.join(), table: latencyTable(names) };
  table.table.show([...points].reverse());
  if (!table.table.element.isConnected) place.replaceChildren(table.table.element);
}

function latencyTable(names: readonly string[]): Table<SeriesPoint> {
  return createTable<SeriesPoint>({
    label: 'Latency by stage over time, newest first',
    key: ({ time }) => time,
    columns: [
      { name: 'From', cell: ({ time }) => exactTime(Date.parse(time)) },
      numbers('Calls', 'hits', count),
      numbers('Errors', 'errors', count),
      numbers('Median', 'median_ms', duration),
      numbers('p95', 'p95_ms', duration),
      ...names.map((name) => ({
        name,
        numeric: true,
        cell: ({ stages }: SeriesPoint) => duration(stages[name]),
        sort: ({ stages }: SeriesPoint) => stages[name] ?? -1,
      })),
    ],
  });
}
