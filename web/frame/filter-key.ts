/** `/` goes to the filter of the page. Esc in a search field empties it, as browsers do. */
export function focusOnSlash(filter: HTMLInputElement): void {
  document.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const isTyping = target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
    if (key !== '/' || ctrlKey || metaKey || altKey || isTyping) return;
    event.preventDefault();
    filter.focus();
    filter.select();
  });
}
