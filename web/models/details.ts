import type { Examined, Published, StoredModel } from '../../gateway/contract/models';
import { button, byId, h, mark, update } from '../dom';
import { ask, type AskOptions } from '../server/ask';
import { createTable } from '../table';
import { timeElement } from '../text';
import { startConfigEditor } from './config-editor';
import { adminSentence, findingsOf, json, modelPath, PUBLISH_WITHIN_MS, sentenceList, showOutcome } from './outcome';

/** Calls that run are finished first. */
const DELETE_WITHIN_MS = 900_000;

/** Everything of one model: findings, versions, config. @returns shows a model; takes the newer facts of the list */
export function startDetails(onChange: () => void) {
  let shown: StoredModel | undefined;
  let busy = false;
  const panel = byId('details');
  const openConfig = startConfigEditor(onChange);
  const askToDelete = startDeleteDialog(() => {
    close();
    onChange();
  });
  byId('examine').onclick = () => void act('It is tried on zeros …', '?check=true');
  byId('delete-model').onclick = () => shown && askToDelete(shown);
  byId('close-details').onclick = close;
  addEventListener('keydown', ({ key }) => key === 'Escape' && !byId<HTMLDialogElement>('delete').open && close());

  function close(): void {
    shown = undefined;
    panel.hidden = true;
  }

  async function rollBack(version: number): Promise<void> {
    await act(`Triton loads version ${version} …`, '', json('PATCH', { version }));
    if (shown) openConfig(shown.name);
  }

  /** Does something with the model and says what came of it. */
  async function act(what: string, query: string, request: AskOptions = {}): Promise<void> {
    if (busy || !shown) return;
    busy = true;
    const path = modelPath(shown.name) + query;
    const work = () => ask<Published | Examined>(path, { ...request, deadlineMs: PUBLISH_WITHIN_MS });
    await showOutcome({ id: 'act-outcome', what }, work);
    busy = false;
    onChange();
  }

  function show(model: StoredModel): void {
    shown = model;
    byId('details-heading').textContent = model.name;
    byId<HTMLAnchorElement>('try-link').href = `../try/?model=${encodeURIComponent(model.name)}`;
    const findings = findingsOf(model).map(({ kind, text }) => mark(kind, text));
    update(byId('model-findings'), findings.length > 0 ? sentenceList(findings) : h('p.quiet', 'Nothing was found.'));
    update(
      byId('versions'),
      versionTable(model, (version) => void rollBack(version)),
    );
  }

  return {
    open(model: StoredModel): void {
      byId('act-outcome').replaceChildren();
      show(model);
      panel.hidden = false;
      openConfig(model.name);
      byId('details-heading').focus();
      panel.scrollIntoView({ block: 'start' });
    },
    refresh(models: readonly StoredModel[]): void {
      if (!shown) return;
      const newer = models.find(({ name }) => name === shown!.name);
      if (newer) show(newer);
      else close();
    },
  };
}

/** The kept versions, newest first. @param rollBack serves another one */
function versionTable(model: StoredModel, rollBack: (version: number) => void): HTMLElement {
  const back = (version: number) =>
    button(`Go back to version ${version}`, () => rollBack(version), { className: 'small' });
  const table = createTable<{ version: number; uploaded: string }>({
    label: `Versions of ${model.name}`,
    key: ({ version }) => String(version),
    columns: [
      { name: 'Version', cell: ({ version }) => String(version) },
      { name: 'Uploaded', cell: ({ uploaded }) => timeElement(uploaded) },
      { name: '', cell: ({ version }) => (version === model.version ? 'serves' : back(version)) },
    ],
  });
  table.show([...(model.versions ?? [])].reverse());
  return table.element;
}

/** Asks once, says what goes away, and takes the model away. @param onGone after it has gone */
function startDeleteDialog(onGone: () => void): (model: StoredModel) => void {
  const dialog = byId<HTMLDialogElement>('delete');
  const really = byId<HTMLButtonElement>('delete-really');
  const problem = byId('delete-problem');
  byId('delete-not').onclick = () => dialog.close();

  async function remove(name: string): Promise<void> {
    really.disabled = true;
    problem.textContent = 'Calls that run are finished first …';
    try {
      await ask(modelPath(name), { method: 'DELETE', deadlineMs: DELETE_WITHIN_MS });
      dialog.close();
      onGone();
    } catch (error) {
      problem.textContent = adminSentence(error);
    } finally {
      really.disabled = false;
    }
  }

  return ({ name, version, versions = [] }) => {
    really.onclick = () => void remove(name);
    const what =
      versions.length > 1
        ? `its ${versions.length} versions (${versions.map((one) => one.version).join(', ')})`
        : `its only version (${versions[0]?.version ?? version ?? '–'})`;
    byId('delete-heading').textContent = `Delete ${name}?`;
    byId('delete-what').textContent =
      `The model ${name} goes, with ${what}: configs and model files are removed from the disk, and cannot be brought back. ` +
      'Clients that call it are told that there is no such model.';
    problem.textContent = '';
    dialog.showModal();
    byId('delete-not').focus();
  };
}
