import { byId, element } from '../element';
import { mark } from '../frame/readiness';
import { showData } from '../states/states';
import { exactTime } from '../text/times';
import type { Live } from './data';

/** What is wrong now, since when, what to do. */
export function showProblems(problems: Live['problems']): void {
  const place = byId('problems');
  if (problems.length === 0) return showData(place, element('p', {}, mark('good', 'Nothing.')));
  const items = problems.map(({ since, sentence, next_step: next }) =>
    element(
      'li',
      {},
      mark('bad', sentence),
      element('p', {}, `${next}.`.replace(/\.\.$/, '.')),
      // Not relative: this place is read aloud whenever it changes.
      element('p', { className: 'quiet' }, `since ${exactTime(Date.parse(since))}`),
    ),
  );
  showData(place, element('ul', { className: 'problems' }, ...items));
}
