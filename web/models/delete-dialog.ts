import { byId } from '../element';
import { ask } from '../live/ask';
import { modelPath, sentenceOf, type StoredModel } from './stored-model';

/** Calls that run are finished first. */
const DELETE_WITHIN_MS = 900_000;

/** Asks once, says what goes away, and takes the model away. @param onGone after it has gone */
export function startDeleteDialog(onGone: (name: string) => void): (model: StoredModel) => void {
  const dialog = byId<HTMLDialogElement>('delete');
  const really = byId<HTMLButtonElement>('delete-really');
  const problem = byId('delete-problem');
  let asked: StoredModel | undefined;

  byId('delete-not').addEventListener('click', () => dialog.close());
  really.addEventListener('click', () => asked && void remove(asked.name));

  async function remove(name: string): Promise<void> {
    really.disabled = true;
    problem.textContent = 'Calls that run are finished first …';
    try {
      await ask(modelPath(name), { method: 'DELETE', deadlineMs: DELETE_WITHIN_MS });
      dialog.close();
      onGone(name);
    } catch (error) {
      problem.textContent = sentenceOf(error);
    } finally {
      really.disabled = false;
    }
  }

  return (model) => {
    asked = model;
    const versions = (model.versions ?? []).map(({ version }) => version);
    const what =
      versions.length > 1
        ? `its ${versions.length} versions (${versions.join(', ')})`
        : `its only version (${versions[0] ?? model.version ?? '–'})`;
    byId('delete-heading').textContent = `Delete ${model.name}?`;
    byId('delete-what').textContent =
      `The model ${model.name} goes, with ${what}: configs and model files are removed from the disk, and cannot be brought back. ` +
      'Clients that call it are told that there is no such model.';
    problem.textContent = '';
    dialog.showModal();
    byId('delete-not').focus();
  };
}
