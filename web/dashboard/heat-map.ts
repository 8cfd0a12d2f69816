import { byId, element } from '../element';
import { showData } from '../states/states';
import { count } from '../text/numbers';
import type { History } from './data';

const DAYS = 7;
const LEVELS = 4;

/** Calls of each hour of the last seven days, of the reader's own clock: a table whose cells are the darker the more there were. */
export function showHeatMap(heat: History['heat'], now: number): void {
  const byHour = new Map<string, { hits: number; errors: number }>();
  // Clocks that are half an hour off meet two of the server's hours in one of theirs.
  for (const { hour, hits, errors } of heat) {
    const key = keyOf(new Date(hour));
    const before = byHour.get(key) ?? { hits: 0, errors: 0 };
    byHour.set(key, { hits: before.hits + hits, errors: before.errors + errors });
  }
  const most = Math.max(1, ...[...byHour.values()].map(({ hits }) => hits));
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'Day'),
    ...hours.map((hour) => element('th', { scope: 'col' }, String(hour))),
  );
  const rows = Array.from({ length: DAYS }, (_, ago) => {
    const day = new Date(now);
    day.setDate(day.getDate() - (DAYS - 1 - ago));
    const name = day.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
    const cells = hours.map((hour) => {
      const at = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour);
      return cell(byHour.get(keyOf(at)), most, `${name}, ${hour}:00 to ${hour + 1}:00`, at.getTime() > now);
    });
    return element('tr', {}, element('th', { scope: 'row' }, name), ...cells);
  });
  const table = element('table', { className: 'heat' }, element('thead', {}, head), element('tbody', {}, ...rows));
  const about = `Hours of this computer's clock. The darkest is ${count(most)} calls; ! marks errors.`;
  showData(
    byId('heat'),
    element('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'Calls by day and hour' }, table),
    element('p', { className: 'quiet' }, about),
  );
}

function keyOf(date: Date): string {
  return [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours()].join(' ');
}

function cell(
  one: { hits: number; errors: number } | undefined,
  most: number,
  when: string,
  future: boolean,
): HTMLElement {
  const { hits = 0, errors = 0 } = one ?? {};
  const level = hits === 0 ? 0 : Math.ceil((LEVELS * hits) / most);
  const text = future || hits === 0 ? '' : short(hits) + (errors > 0 ? '!' : '');
  return element(
    'td',
    { className: `level-${level}`, title: `${when}: ${count(hits)} calls, ${count(errors)} errors` },
    text,
  );
}

/** At most four characters. */
function short(hits: number): string {
  return hits < 1000 ? String(hits) : `${Math.min(999, Math.round(hits / 1000))}k`;
}
