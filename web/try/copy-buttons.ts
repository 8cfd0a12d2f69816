import { byId } from '../element';

/** Buttons with `data-copies` copy the text of the element of that id. */
export function startCopyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copies]')) {
    const source = byId(button.dataset.copies!);
    button.ariaLabel = `Copy the ${source.id} command`;
    button.addEventListener('click', () => void copy(source, button));
  }
}

async function copy(source: HTMLElement, button: HTMLButtonElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? '');
    button.textContent = 'Copied';
  } catch {
    // A page of plain http may not write to the clipboard: then the text is marked for Ctrl-C.
    getSelection()?.selectAllChildren(source);
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Press Ctrl-C';
  }
  setTimeout(() => (button.textContent = 'Copy'), 2000);
}
