import { byId, element, update } from '../element';
import { mark } from '../frame/readiness';
import { ask, type AskOptions } from '../live/ask';
import { startConfigEditor } from './config-editor';
import { startDeleteDialog } from './delete-dialog';
import { findingsOf, outcome, sentenceList } from './findings';
import { modelPath, PUBLISH_WITHIN_MS, sentenceOf, type Published, type StoredModel } from './stored-model';
import { versionTable } from './versions';

export interface Details {
  /** Shows a model; the rest of the page stays as it is. */
  open(model: StoredModel): void;
  /** Newer facts of the list. */
  refresh(models: readonly StoredModel[]): void;
}

/** Everything of one model: findings, versions, config. */
export function startDetails(onChange: () => void): Details {
  let shown: StoredModel | undefined;
  let busy = false;
  const panel = byId('details');
  const editor = startConfigEditor(onChange);
  const askToDelete = startDeleteDialog(() => {
    close();
    onChange();
  });
  byId('examine').addEventListener('click', () => shown && void act('It is tried on zeros …', `${modelPath(shown.name)}?check=true`)); // prettier-ignore
  byId('delete-model').addEventListener('click', () => shown && askToDelete(shown));
  byId('close-details').addEventListener('click', close);
  addEventListener('keydown', ({ key }) => key === 'Escape' && !byId<HTMLDialogElement>('delete').open && close());

  function close(): void {
    shown = undefined;
    panel.hidden = true;
  }

  function rollBack(version: number): void {
    if (!shown) return;
    void act(`Triton loads version ${version} …`, modelPath(shown.name), {
      method: 'PATCH',
      body: JSON.stringify({ version }),
      headers: { 'Content-Type': 'application/json' },
    }).then(() => shown && editor.open(shown.name));
  }

  /** Does something with the model and says what came of it. */
  async function act(what: string, path: string, request: AskOptions = {}): Promise<void> {
    if (busy) return;
    busy = true;
    const place = byId('act-outcome');
    place.replaceChildren(what);
    try {
      place.replaceChildren(...outcome(await ask<Published>(path, { ...request, deadlineMs: PUBLISH_WITHIN_MS })));
    } catch (error) {
      place.replaceChildren(mark('bad', sentenceOf(error)));
    } finally {
      busy = false;
      onChange();
    }
  }

  function show(model: StoredModel): void {
    shown = model;
    byId('details-heading').textContent = model.name;
    byId<HTMLAnchorElement>('try-link').href = `../try/?model=${encodeURIComponent(model.name)}`;
    const findings = findingsOf(model).map(({ kind, text }) => mark(kind, text));
    update(byId('model-findings'), [findings.length > 0 ? sentenceList(findings) : element('p', { className: 'quiet' }, 'Nothing was found.')]); // prettier-ignore
    const versions = byId('versions');
    const table = versionTable(model, rollBack);
    if (versions.innerHTML !== table.outerHTML) versions.replaceChildren(table);
  }

  return {
    open(model) {
      byId('act-outcome').replaceChildren();
      show(model);
      panel.hidden = false;
      editor.open(model.name);
      byId('details-heading').focus();
      panel.scrollIntoView({ block: 'start' });
    },
    refresh(models) {
      if (!shown) return;
      const newer = models.find(({ name }) => name === shown!.name);
      if (newer) show(newer);
      else close();
    },
  };
}
