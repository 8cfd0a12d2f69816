import { h } from '../dom';
import { duration } from '../text';

/**
 * One colour per stage of a request, the same on every page, light and dark. Neighbours in a request differ in lightness too, and every use has
 * the stage's name beside it.
 */
const colours: Record<string, string> = {
  upload: '#7d8da1',
  queue: '#9aa5ad',
  decode: '#3b7dd8',
  cache: '#7fb2e5',
  pre: '#16a0a0',
  window: '#d29b22',
  triton: '#76a83a',
  seeds: '#b9803f',
  polygons: '#b46fc0',
  post: '#8a63d2',
  write: '#d1618f',
  answer: '#c7545a',
  network: '#59636b',
  other: '#b4babd',
};
const order = Object.keys(colours);

export function stageColour(stage: string): string {
  return colours[stage] ?? colours.other;
}

/** Milliseconds by stage, in the order they ran. */
export type StageTimes = Record<string, number>;

/** In the order of a request; unknown stages come last. */
export function sortedStages(names: Iterable<string>): string[] {
  const place = (name: string) => order.indexOf(name) + 1 || order.length + 1;
  return [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** One bar, each stage as long as its part of the whole. @param longest milliseconds of the full width, for bars that are compared */
export function stageBar(stages: StageTimes, longest?: number): HTMLElement {
  const known = Object.entries(stages).filter(([name]) => name !== 'total');
  const whole = longest ?? known.reduce((sum, [, ms]) => sum + ms, 0);
  const titles = known.map(([name, ms]) => `${name} ${duration(ms)}`);
  const parts = known.map(([name, ms], at) => {
    const part = h('span', { title: titles[at] });
    part.style.width = `${whole > 0 ? (100 * ms) / whole : 0}%`;
    part.style.background = stageColour(name);
    return part;
  });
  return h('div.stage-bar', { role: 'img', ariaLabel: titles.join(', ') || 'no stages' }, ...parts);
}

/** The stages of a bar in words, each with its colour. */
export function stageList(stages: StageTimes): HTMLElement {
  const items = Object.entries(stages).map(([name, ms]) => h('span', stageSwatch(name), `${name} ${duration(ms)}`));
  return h('div.stage-list', ...items);
}

export const stageSwatch = (stage: string) => swatch(stageColour(stage));

/** A colour as a small square. */
export function swatch(colour: string): HTMLElement {
  const square = h('span.swatch', { ariaHidden: 'true' });
  square.style.background = colour;
  return square;
}
