import { byId } from '../dom';

/** Buttons with `data-copies` copy the text of the element of that id. */
export function startCopyButtons(): void {
  for (const one of document.querySelectorAll<HTMLButtonElement>('button[data-copies]'))
    one.onclick = () => void copy(byId(one.dataset.copies!), one);
}

/** Copies the text of an element; the button says so for a moment. */
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
