import uPlot from 'uplot';
import type { Series, SeriesPoint } from '../../gateway/contract/dashboard';
import { byId, h, showEmpty } from '../dom';
import { onThemeChange, themeColour } from '../frame/theme';
import { sortedStages, stageColour, stageSwatch } from '../stages/stages';
import { createTable, type Table } from '../table';
import { count, duration, exactTime } from '../text';
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

const HEIGHT = 240;
/** Bars that there is room for, however few there are. */
const FEWEST = 30;
const BAR = { size: [0.9, 32] as [number, number] };

/** Stacked bars, one part per stage. */
export class LatencyChart {
  readonly element = h('div.chart', {
    role: 'img',
    ariaLabel: 'Mean time of each stage over time; the table has the numbers',
  });
  private readonly chart: uPlot;

  /** @param stages names of the parts, the lowest first @param onPoint is called with the bar at the pointer */
  constructor(
    private series: Series,
    readonly stages: readonly string[],
    onPoint: (point: SeriesPoint | undefined) => void,
  ) {
    const paths = uPlot.paths.bars!(BAR);
    const grid = { stroke: themeColour('--line'), width: 1 };
    const axis = { stroke: themeColour('--quiet'), grid, ticks: { show: false } };
    // The highest part of a stack is drawn first: the lower parts cover it.
    const drawn = [...stages].reverse();
    const options: uPlot.Options = {
      width: 600,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { range: () => spanOf(this.series) },
        y: { range: (_chart, _low, high) => [0, high > 0 ? high * 1.05 : 1] },
      },
      axes: [
        { ...axis, values: timesOfDay },
        { ...axis, size: 64, values: (_chart, values) => values.map((ms) => (ms === 0 ? '0' : duration(ms))) },
      ],
      series: [{}, ...drawn.map((name) => ({ paths, fill: stageColour(name), width: 0, points: { show: false } }))],
      hooks: { setCursor: [({ cursor: { idx } }) => onPoint(this.series.points[idx ?? -1])] },
    };
    this.chart = new uPlot(options, dataOf(series, stages), this.element);
  }

  show(series: Series): void {
    this.series = series;
    this.chart.setData(dataOf(series, this.stages));
  }

  /** Takes the width of its place. */
  fit(): void {
    const { clientWidth: width } = this.element;
    if (width > 0) this.chart.setSize({ width, height: HEIGHT });
  }

  remove(): void {
    this.chart.destroy();
  }
}

/** From the first bar to the last, and no less than {@link FEWEST} bars: uPlot would show years around a single one. @returns seconds */
function spanOf({ step_s: step, points }: Series): [number, number] {
  const [first, last] = [points[0], points[points.length - 1]].map(({ time }) => Date.parse(time) / 1000);
  return [Math.min(first - step, last - FEWEST * step), last + step];
}

/** Seconds, then the height of each part with all below it, the highest first. */
function dataOf({ points }: Series, stages: readonly string[]): uPlot.AlignedData {
  const heights = stages
    .map((_, at) =>
      points.map((point) => stages.slice(0, at + 1).reduce((sum, name) => sum + (point.stages[name] ?? 0), 0)),
    )
    .reverse();
  return [points.map(({ time }) => Date.parse(time) / 1000), ...heights];
}

/** 14:30, and the day where there are several. */
function timesOfDay(chart: uPlot, seconds: number[]): string[] {
  const { min = 0, max = 0 } = chart.scales.x;
  const days = max - min > 86_400;
  return seconds.map((one) => {
    const date = new Date(one * 1000);
    const clock = `${date.getHours()}:${String(date.getMinutes()).padStart(2, '0')}`;
    return days ? `${date.getDate()}.${date.getMonth() + 1}. ${clock}` : clock;
  });
}
