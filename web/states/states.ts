import { element, update } from '../element';

/** Loading: as high as what comes, so that nothing jumps. @param rows lines to expect */
export function showLoading(place: HTMLElement, rows = 3): void {
  place.ariaBusy = 'true';
  place.replaceChildren(...Array.from({ length: rows }, () => element('div', { className: 'skeleton' })));
}

/** Data. */
export function showData(place: HTMLElement, ...children: (Node | string)[]): void {
  place.ariaBusy = 'false';
  update(place, children);
}

/** Nothing is there yet. @param nextStep what to do about it */
export function showEmpty(place: HTMLElement, sentence: string, nextStep: string | Node = ''): void {
  showData(place, element('p', { className: 'empty' }, sentence, ' ', nextStep));
}

/** It failed: a sentence, a button that tries again. */
export function showFailure(place: HTMLElement, error: unknown, retry: () => void): void {
  place.ariaBusy = 'false';
  const sentence = error instanceof Error ? error.message : String(error);
  const again = element('button', { type: 'button', className: 'small' }, 'Try again');
  again.addEventListener('click', retry);
  place.replaceChildren(
    element(
      'p',
      { className: 'failure', role: 'alert' },
      element('span', { className: 'mark bad' }, sentence),
      ' ',
      again,
    ),
  );
}
