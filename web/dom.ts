import { sentenceOf } from './server/ask';

type Child = Node | string | undefined;

/**
 * An element with properties and children. Text is never read as HTML; undefined is left out.
 * @param name tag and classes
 * @example
 * h('button.small', { type: 'button', onclick: save }, 'Save');
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K | `${K}.${string}`,
  ...content: (Child | Partial<HTMLElementTagNameMap[K]>)[]
): HTMLElementTagNameMap[K] {
  const [tag, ...classes] = name.split('.');
  const made = document.createElement(tag) as HTMLElementTagNameMap[K];
  if (classes.length) made.className = classes.join(' ');
  for (const one of content)
    if (one instanceof Node || typeof one === 'string') made.append(one);
    else Object.assign(made, one);
  return made;
}

/** A button that does not send a form. */
export function button(text: string, act: () => void, properties: Partial<HTMLButtonElement> = {}): HTMLButtonElement {
  return h('button', { type: 'button', onclick: act, ...properties }, text);
}

/** A word of state with its shape and colour. */
export function mark(kind: 'good' | 'busy' | 'bad', text: string): HTMLElement {
  return h('span', { className: `mark ${kind}` }, text);
}

/** The state of a model. */
export function stateMark(state: string, text = state): HTMLElement {
  return mark(state === 'ready' ? 'good' : state === 'loading' || state === 'downloading' ? 'busy' : 'bad', text);
}

/** The element of the page with this id. @throws Error when the page has none */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as E;
}

/** Does something in the place of sending a form. */
export function onSubmit(id: string, act: () => void): void {
  byId<HTMLFormElement>(id).onsubmit = (event) => {
    event.preventDefault();
    act();
  };
}

/** Changes a place only when it says something new: live regions stay silent, and what has the focus keeps it. */
export function update(place: HTMLElement, ...children: Child[]): void {
  const fresh = h('div', ...children);
  if (fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
}

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
