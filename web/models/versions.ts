import { element } from '../element';
import { createTable } from '../table/table';
import { timeElement } from '../text/times';
import type { StoredModel } from './stored-model';

type Kept = { version: number; uploaded: string; serves: boolean };

/** The kept versions, newest first. @param rollBack serves another one */
export function versionTable(model: StoredModel, rollBack: (version: number) => void): HTMLElement {
  const table = createTable<Kept>({
    label: `Versions of ${model.name}`,
    key: ({ version }) => String(version),
    columns: [
      { name: 'Version', cell: ({ version }) => String(version) },
      { name: 'Uploaded', cell: ({ uploaded }) => timeElement(Date.parse(uploaded)) },
      { name: '', cell: (kept) => (kept.serves ? 'serves' : backButton(kept.version, rollBack)) },
    ],
  });
  const kept = (model.versions ?? []).map((one) => ({ ...one, serves: one.version === model.version }));
  table.show(kept.reverse());
  return table.element;
}

function backButton(version: number, rollBack: (version: number) => void): HTMLElement {
  const button = element('button', { type: 'button', className: 'small' }, `Go back to version ${version}`);
  button.addEventListener('click', () => rollBack(version));
  return button;
}
