import { button, h } from '../dom';
import { swatch } from '../stages/stages';
import { createTable } from '../table';
import { count } from '../text';
import { labelColour, labelName } from './label-colours';
import type { LabelSummary } from './mask-summary';

/** The labels of a mask with their size; the name of a label leads to it. */
export function labelTable(
  labels: readonly LabelSummary[],
  names: readonly string[],
  look: (label: LabelSummary) => void,
): HTMLElement {
  if (labels.length === 0) return h('p.empty', 'The mask is empty: the model found nothing.');
  const named = (label: LabelSummary) => {
    const one = button('', () => look(label), { className: 'small', title: 'Show it' });
    one.append(swatch(`rgb(${labelColour(label.value).join(' ')})`), labelName(label.value, names));
    return one;
  };
  const volume = ({ ml }: LabelSummary) => (ml === undefined ? '–' : `${count(ml, ml < 10 ? 2 : 1)} ml`);
  const table = createTable<LabelSummary>({
    label: 'Labels of the mask',
    key: ({ value }) => String(value),
    columns: [
      { name: 'Label', cell: named },
      { name: 'Voxels', numeric: true, cell: ({ voxels }) => count(voxels) },
      { name: 'Volume', numeric: true, cell: volume },
    ],
  });
  table.show(labels);
  return table.element;
}
