import { element } from '../element';
import { stageColour, stageOrder } from '../stage-colours';
import { duration } from '../text/numbers';

/** Milliseconds by stage, in the order they ran. */
export type StageTimes = Record<string, number>;

/** In the order of a request; what is not known comes last. */
export function sortedStages(names: Iterable<string>): string[] {
  const place = (name: string) => stageOrder.indexOf(name) + 1 || stageOrder.length + 1;
  return [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** One bar, each stage as long as its part of the whole. @param longest milliseconds of the full width, for bars that are compared */
export function stageBar(stages: StageTimes, longest?: number): HTMLElement {
  const known = Object.entries(stages).filter(([name]) => name !== 'total');
  const whole = longest ?? known.reduce((sum, [, ms]) => sum + ms, 0);
  const label = known.map(([name, ms]) => `${name} ${duration(ms)}`).join(', ');
  const parts = known.map(([name, ms]) => {
    const part = element('span', { title: `${name} ${duration(ms)}` });
    part.style.width = `${whole > 0 ? (100 * ms) / whole : 0}%`;
    part.style.background = stageColour(name);
    return part;
  });
  return element('div', { className: 'stage-bar', role: 'img', ariaLabel: label || 'no stages' }, ...parts);
}

/** The stages of a bar in words, each with its colour. */
export function stageList(stages: StageTimes): HTMLElement {
  const items = Object.entries(stages).map(([name, ms]) =>
    element('span', {}, swatch(name), `${name} ${duration(ms)}`),
  );
  return element('div', { className: 'stage-list' }, ...items);
}

/** The colour of a stage as a small square. */
export function swatch(name: string): HTMLElement {
  const square = element('span', { className: 'swatch' });
  square.style.background = stageColour(name);
  return square;
}
