import { byId, element } from '../element';
import { ask } from '../live/ask';
import { showData, showEmpty, showFailure, showLoading } from '../states/states';
import { stageBar, stageList } from '../stages/stages';
import { logLine, type Entry } from './entry';

const MOST_LINES = 1000;

/** The whole story of one request above the list, from its beginning to its end. @param close what the button does */
export async function showStory(id: string, close: () => void): Promise<void> {
  const place = byId('story');
  place.hidden = false;
  const head = element(
    'div',
    { className: 'head' },
    element('h2', {}, 'Request ', element('span', { className: 'mono' }, id)),
  );
  const button = element('button', { type: 'button', className: 'small' }, 'Close');
  button.addEventListener('click', close);
  head.append(button);
  const body = element('div');
  place.replaceChildren(head, body);
  showLoading(body);
  button.focus();
  try {
    const entries = await ask<Entry[]>(`logs?request=${encodeURIComponent(id)}&lines=${MOST_LINES}`);
    if (entries.length === 0)
      return showEmpty(body, 'The log has no lines of this request.', 'They may be older than the last 10 000 lines.');
    showData(body, ...contentOf(entries));
  } catch (error) {
    showFailure(body, error, () => void showStory(id, close));
  }
}

function contentOf(entries: readonly Entry[]): HTMLElement[] {
  const stages = entries.find((entry) => entry.stages)?.stages;
  const first = Date.parse(entries[0].timestamp ?? '');
  const lines = entries.map((entry) => logLine(entry, undefined, Number.isFinite(first) ? first : undefined));
  const list = element('ol', { className: 'log' }, ...lines);
  return stages ? [stageBar(stages), stageList(stages), list] : [list];
}
