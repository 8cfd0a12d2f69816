import { byId, element } from '../element';
import { mark } from '../frame/readiness';
import { showData } from '../states/states';
import { count, duration, percent } from '../text/numbers';
import type { Live } from './data';

const MANY_ERRORS = 0.05;

/** The four numbers that answer whether it is healthy. */
export function showFigures({ calls_per_min: calls, p95_ms: p95, error_rate: errors, queue }: Live): void {
  const full = queue.limit > 0 && queue.queued >= queue.limit;
  showData(
    byId('figures'),
    figure('Calls per minute', count(calls), 'inferences that ended in the last minute'),
    figure(
      '95 % are faster than',
      duration(p95),
      p95 === null ? 'no call in the last 5 minutes' : 'of the last 5 minutes',
    ),
    figure(
      'Errors',
      percent(errors),
      errors > MANY_ERRORS ? mark('bad', 'many, of the last 5 minutes') : 'of the last 5 minutes',
    ),
    figure(
      'Queue',
      `${count(queue.queued)} waiting`,
      full ? mark('bad', `full: more are refused`) : `${count(queue.running)} running, ${count(queue.limit)} may wait`,
    ),
  );
}

function figure(name: string, value: string, about: string | Node): HTMLElement {
  return element(
    'div',
    { className: 'figure' },
    element('dt', {}, name),
    element('dd', { className: 'value' }, value),
    element('dd', { className: 'about' }, about),
  );
}
