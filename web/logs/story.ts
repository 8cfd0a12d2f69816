import type { LogLine } from '../../gateway/contract/server';
import { button, byId, h, showData, showEmpty, showFailure, showLoading } from '../dom';
import { ask } from '../server/ask';
import { sortedStages, stageBar, stageList } from '../stages/stages';
import { clock, duration, exactTime, shortId } from '../text';

/** Most lines of a request that are shown. */
const MOST_LINES = 1000;

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
    request && showRequest
      ? button(shortId(request), () => showRequest(request), {
          className: 'request',
          title: `All lines of request ${request}`,
        })
      : h('span'),
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

/** The whole story of one request above the list, from its beginning to its end. @param close what the button does */
export async function showStory(id: string, close: () => void): Promise<void> {
  const place = byId('story');
  place.hidden = false;
  const closing = button('Close', close, { className: 'small' });
  const body = h('div');
  place.replaceChildren(h('div.head', h('h2', 'Request ', h('span.mono', id)), closing), body);
  showLoading(body);
  closing.focus();
  try {
    const entries = await ask<LogLine[]>(`logs?request=${encodeURIComponent(id)}&lines=${MOST_LINES}`);
    if (entries.length === 0)
      return showEmpty(body, 'The log has no lines of this request.', 'They may be older than the last 10 000 lines.');
    const stages = entries.find((entry) => entry.stages)?.stages;
    const first = Date.parse(entries[0].timestamp ?? '');
    const lines = entries.map((entry) => logLine(entry, undefined, Number.isFinite(first) ? first : undefined));
    showData(body, ...(stages ? [stageBar(stages), stageList(stages)] : []), h('ol.log', ...lines));
  } catch (error) {
    showFailure(body, error, () => void showStory(id, close));
  }
}
