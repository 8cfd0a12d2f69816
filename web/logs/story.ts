import type { LogLine } from '../../gateway/contract/server';
import { button, byId, h } from '../dom';
import { ask } from '../server/ask';
import { stageBar, stageList } from '../stages/stages';
import { showData, showEmpty, showFailure, showLoading } from '../states';
import { logLine } from './entry';

const MOST_LINES = 1000;

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
