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
