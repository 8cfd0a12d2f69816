import { button, h, mark, update } from './dom';
import { sentenceOf } from './server/ask';

/** Loading: as high as what comes, so that nothing jumps. @param rows lines to expect */
export function showLoading(place: HTMLElement, rows = 3): void {
  place.ariaBusy = 'true';
  place.replaceChildren(...Array.from({ length: rows }, () => h('div.skeleton')));
}

/** Data. */
export function showData(place: HTMLElement, ...children: (Node | string)[]): void {
  place.ariaBusy = 'false';
  update(place, ...children);
}

/** Nothing is there yet. @param nextStep what to do about it */
export function showEmpty(place: HTMLElement, sentence: string, nextStep = ''): void {
  showData(place, h('p.empty', sentence, ' ', nextStep));
}

/** It failed: a sentence, a button that tries again. */
export function showFailure(place: HTMLElement, error: unknown, retry: () => void): void {
  place.ariaBusy = 'false';
  const again = button('Try again', retry, { className: 'small' });
  place.replaceChildren(h('p.failure', { role: 'alert' }, mark('bad', sentenceOf(error)), ' ', again));
}

/** A scrolling region that the keyboard reaches. */
export function scrolling(label: string, child: Node): HTMLElement {
  return h('div.scroll', { tabIndex: 0, role: 'region', ariaLabel: label }, child);
}

/** Makes these the children of a list; moves none that stands where it should: focus and selection stay. */
export function keepInOrder(list: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const old of [...list.children]) if (!wanted.has(old)) old.remove();
  children.forEach((child, at) => {
    if (list.children[at] !== child) list.insertBefore(child, list.children[at] ?? null);
  });
}
