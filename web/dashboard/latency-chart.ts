import uPlot from 'uplot';
import type { Series, SeriesPoint } from '../../gateway/contract/dashboard';
import { h } from '../dom';
import { themeColour } from '../frame/theme';
import { stageColour } from '../stages/stages';
import { duration } from '../text';

const HEIGHT = 240;
/** Bars that there is room for, however few there are. */
const FEWEST = 30;
const BAR = { size: [0.9, 32] as [number, number] };

export interface LatencyChart {
  readonly element: HTMLElement;
  /** Names of the stages it was made for. */
  readonly stages: string;
  show(series: Series): void;
  /** Takes the width of its place. */
  fit(): void;
  remove(): void;
}

/** Stacked bars, one part per stage. @param point is called with what the pointer is at */
export function drawLatency(
  first: Series,
  stages: readonly string[],
  point: (point: SeriesPoint | undefined) => void,
): LatencyChart {
  let series = first;
  const ariaLabel = 'Mean time of each stage over time; the table has the numbers';
  const place = h('div.chart', { role: 'img', ariaLabel });
  const bars = uPlot.paths.bars!(BAR);
  const axis = {
    stroke: themeColour('--quiet'),
    grid: { stroke: themeColour('--line'), width: 1 },
    ticks: { show: false },
  };
  // The highest part of a stack is drawn first: the lower parts cover it.
  const drawn = [...stages].reverse();
  const chart = new uPlot(
    {
      width: 600,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { range: () => spanOf(series) },
        y: { range: (_chart, _low, high) => [0, high > 0 ? high * 1.05 : 1] },
      },
      axes: [
        { ...axis, values: timesOfDay },
        { ...axis, size: 64, values: (_chart, values) => values.map((ms) => (ms === 0 ? '0' : duration(ms))) },
      ],
      series: [
        {},
        ...drawn.map((name) => ({
          label: name,
          paths: bars,
          fill: stageColour(name),
          width: 0,
          points: { show: false },
        })),
      ],
      hooks: {
        setCursor: [({ cursor }) => point(typeof cursor.idx === 'number' ? series.points[cursor.idx] : undefined)],
      },
    },
    dataOf(series, drawn),
    place,
  );
  return {
    element: place,
    stages: stages.join(),
    show(newer) {
      series = newer;
      chart.setData(dataOf(series, drawn));
    },
    fit: () => place.clientWidth > 0 && chart.setSize({ width: place.clientWidth, height: HEIGHT }),
    remove: () => chart.destroy(),
  };
}

/** From the first bar to the last, and no less than {@link FEWEST} bars: uPlot would show years around a single one. @returns seconds */
function spanOf({ step_s: step, points }: Series): [number, number] {
  const [first, last] = [points[0], points[points.length - 1]].map(({ time }) => Date.parse(time) / 1000);
  return [Math.min(first - step, last - FEWEST * step), last + step];
}

/** Seconds, then the height of each part with all below it. */
function dataOf({ points }: Series, drawn: readonly string[]): uPlot.AlignedData {
  const heights = drawn.map((_, at) =>
    points.map(({ stages }) => drawn.slice(at).reduce((sum, name) => sum + (stages[name] ?? 0), 0)),
  );
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
