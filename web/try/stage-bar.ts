import { element } from '../element';
import { stageColour } from '../stage-colours';
import { duration } from '../text/numbers';
import type { RunResult, Stage } from './run';

/** Where the time went: one bar, a part for each stage, and the same as a list. */
export function stageBar({ stages, ms }: Pick<RunResult, 'stages' | 'ms'>): Node[] {
  const parts = partsOf(stages, ms);
  const bar = element('div', { className: 'stage-bar', role: 'img', ariaLabel: `${parts.map(saying).join(', ')}` });
  for (const part of parts) {
    const piece = element('div', { title: saying(part) });
    piece.style.flexGrow = String(part.ms);
    piece.style.backgroundColor = stageColour(part.name);
    bar.append(piece);
  }
  const list = element('ul', { className: 'stage-list' }, ...parts.map(entry));
  return [bar, list];
}

const saying = ({ name, ms }: Stage) => `${name} ${duration(ms)}`;

function entry({ name, ms }: Stage): HTMLElement {
  const swatch = element('span', { className: 'swatch', ariaHidden: 'true' });
  swatch.style.backgroundColor = stageColour(name);
  return element('li', {}, swatch, `${name} `, element('b', {}, duration(ms)));
}

/** The stages of the server, and what is left of the round trip. */
function partsOf(stages: readonly Stage[], ms: number): Stage[] {
  const total = stages.find(({ name }) => name === 'total')?.ms ?? ms;
  const parts = stages.filter((stage) => stage.name !== 'total' && stage.ms > 0);
  const known = parts.reduce((sum, stage) => sum + stage.ms, 0);
  const rest = [
    { name: 'other', ms: total - known },
    { name: 'network', ms: ms - total },
  ].filter((part) => part.ms >= 1);
  return [...parts, ...rest];
}
