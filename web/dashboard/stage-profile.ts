import { element } from '../element';
import { stageColour } from '../stage-colours';
import { swatch } from '../stages/stages';
import { count, duration, percent } from '../text/numbers';
import type { StageLine } from './data';
import { tableIn } from './place';

type Row = StageLine & { part: number };

const show = tableIn<Row>(
  'stages',
  {
    label: 'Time by stage',
    key: ({ stage }) => stage,
    columns: [
      { name: 'Stage', cell: ({ stage }) => element('span', {}, swatch(stage), stage), sort: ({ stage }) => stage },
      { name: 'Part', cell: partOf, sort: ({ part }) => -part },
      { name: 'Calls', numeric: true, cell: ({ hits }) => count(hits), sort: ({ hits }) => hits },
      { name: 'Median', numeric: true, cell: ({ median_ms: ms }) => duration(ms), sort: ({ median_ms: ms }) => ms },
      { name: 'p95', numeric: true, cell: ({ p95_ms: ms }) => duration(ms), sort: ({ p95_ms: ms }) => ms },
      { name: 'Sum', numeric: true, cell: ({ total_ms: ms }) => duration(ms), sort: ({ total_ms: ms }) => ms },
    ],
  },
  ['No stage was measured in this time.', 'Stages come with inferences.'],
);

/** Which stage took how much of all time. */
export function showStages(stages: readonly StageLine[]): void {
  const whole = stages.reduce((sum, { total_ms: ms }) => sum + ms, 0);
  show(stages.map((one) => ({ ...one, part: whole > 0 ? one.total_ms / whole : 0 })));
}

function partOf({ stage, part }: Row): HTMLElement {
  const bar = element('span', { className: 'part-bar' });
  bar.style.width = `${Math.max(1, 96 * part)}px`;
  bar.style.background = stageColour(stage);
  return element('span', { className: 'part' }, bar, percent(part));
}
