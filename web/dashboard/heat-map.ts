import type { HistoryReport } from '../../gateway/contract/dashboard';
import { byId, h, scrolling, showData } from '../dom';
import { count } from '../text';

const DAYS = 7;
const LEVELS = 4;

/** Calls of each hour of the last seven days, of the reader's own clock: a table whose cells are the darker the more there were. */
export function showHeatMap(heat: HistoryReport['heat'], now: number): void {
  const byHour = new Map<string, { hits: number; errors: number }>();
  // Clocks that are half an hour off meet two of the server's hours in one of theirs.
  for (const { hour, hits, errors } of heat) {
    const key = keyOf(new Date(hour));
    const before = byHour.get(key) ?? { hits: 0, errors: 0 };
    byHour.set(key, { hits: before.hits + hits, errors: before.errors + errors });
  }
  const most = Math.max(1, ...[...byHour.values()].map(({ hits }) => hits));
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const rows = Array.from({ length: DAYS }, (_, ago) => {
    const day = new Date(now);
    day.setDate(day.getDate() - (DAYS - 1 - ago));
    const name = day.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
    const cells = hours.map((hour) => {
      const at = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour);
      const { hits = 0, errors = 0 } = byHour.get(keyOf(at)) ?? {};
      const title = `${name}, ${hour}:00 to ${hour + 1}:00: ${count(hits)} calls, ${count(errors)} errors`;
      const text = at.getTime() > now || hits === 0 ? '' : short(hits) + (errors > 0 ? '!' : '');
      return h('td', { className: `level-${Math.ceil((LEVELS * hits) / most)}`, title }, text);
    });
    return h('tr', h('th', { scope: 'row' }, name), ...cells);
  });
  const heads = ['Day', ...hours].map((head) => h('th', { scope: 'col' }, String(head)));
  const table = h('table.heat', h('thead', h('tr', ...heads)), h('tbody', ...rows));
  const about = `Hours of this computer's clock. The darkest is ${count(most)} calls; ! marks errors.`;
  showData(byId('heat'), scrolling('Calls by day and hour', table), h('p.quiet', about));
}

function keyOf(date: Date): string {
  return [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours()].join(' ');
}

/** At most four characters. */
function short(hits: number): string {
  return hits < 1000 ? String(hits) : `${Math.min(999, Math.round(hits / 1000))}k`;
}
