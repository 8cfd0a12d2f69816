import type { LogLine } from '../../gateway/contract/server';
import { button, h } from '../dom';
import { sortedStages } from '../stages/stages';
import { duration, shortId } from '../text';
import { clock, exactTime } from '../times';

/** One line: time, level with word and shape, request, message, facts. @param since shows the time from there, in seconds, in the place of the clock */
export function logLine(entry: LogLine, showRequest?: (id: string) => void, since?: number): HTMLLIElement {
  const { timestamp, level, message, request, stack, stages = {}, ms, ...facts } = entry;
  const times = sortedStages(Object.keys(stages)).map((name) => `${name} ${duration(stages[name])}`);
  const words = [
    ...(typeof ms === 'number' ? [`took ${duration(ms)}`] : []),
    ...(times.length ? [times.join(', ')] : []),
    ...Object.entries(facts).map(
      ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
  return h(
    'li',
    timeOf(timestamp, since),
    h('span', { className: `level ${level}` }, level || '–'),
    request && showRequest ? requestButton(request, showRequest) : h('span'),
    h('span.message', message),
    words.length ? h('span.facts', words.join(' · ')) : undefined,
    stack ? h('pre', { tabIndex: 0 }, stack) : undefined,
  );
}

function timeOf(timestamp: string | undefined, since: number | undefined): HTMLElement {
  if (!timestamp) return h('span');
  const time = Date.parse(timestamp);
  const text = since === undefined ? clock(time) : `+${((time - since) / 1000).toFixed(2)} s`;
  return h('time', { dateTime: timestamp, title: exactTime(time) }, text);
}

function requestButton(id: string, show: (id: string) => void): HTMLElement {
  return button(shortId(id), () => show(id), { className: 'request', title: `All lines of request ${id}` });
}
