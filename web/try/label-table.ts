import { element } from '../element';
import { createTable } from '../table/table';
import { count } from '../text/numbers';
import { labelColour, labelName } from './label-colours';
import type { LabelSummary } from './mask-summary';

/** What is in a mask; the name of a label leads to it. */
export function labelTable(
  labels: readonly LabelSummary[],
  names: readonly string[],
  look: (label: LabelSummary) => void,
): HTMLElement {
  if (labels.length === 0) return element('p', { className: 'empty' }, 'The mask is empty: the model found nothing.');
  const table = createTable<LabelSummary>({
    label: 'Labels of the mask',
    key: ({ value }) => String(value),
    columns: [
      { name: 'Label', cell: (label) => named(label, names, look) },
      { name: 'Voxels', numeric: true, cell: ({ voxels }) => count(voxels) },
      {
        name: 'Volume',
        numeric: true,
        cell: ({ ml }) => (ml === undefined ? '–' : `${count(ml, ml < 10 ? 2 : 1)} ml`),
      },
    ],
  });
  table.show(labels);
  return table.element;
}

function named(label: LabelSummary, names: readonly string[], look: (label: LabelSummary) => void): Node {
  const swatch = element('span', { className: 'swatch', ariaHidden: 'true' });
  swatch.style.backgroundColor = `rgb(${labelColour(label.value).join(' ')})`;
  const button = element('button', { type: 'button', className: 'small', title: 'Show it' });
  button.append(swatch, labelName(label.value, names));
  button.addEventListener('click', () => look(label));
  return button;
}
