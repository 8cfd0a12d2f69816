import type { LogLine } from '../../gateway/contract/server';
import { byId, h, keepInOrder, onSubmit, showEmpty, showFailure, showLoading } from '../dom';
import { focusOnSlash, startFrame } from '../frame/frame';
import { ask, sentenceOf } from '../server/ask';
import { every } from '../server/every';
import { clock, exactTime } from '../text';
import { logLine, showStory } from './story';

const FOLLOW_EVERY_MS = 2000;
const TYPING_MS = 250;

const level = byId<HTMLSelectElement>('level');
const text = byId<HTMLInputElement>('text');
const count = byId<HTMLSelectElement>('count');
const follow = byId<HTMLInputElement>('follow');
const place = byId('lines');
const status = byId('status');

/** Lines that stand in the list, by key. */
let shown = new Map<string, HTMLLIElement>();
let asked = 0;
/** Older lines are looked at: those from before this time (ISO 8601). */
let before: string | undefined;
/** Time of the oldest line that is shown. */
let oldest: string | undefined;
let stop: () => void = () => undefined;
let typing: ReturnType<typeof setTimeout>;

startFrame();
focusOnSlash(text);
showLoading(place, 8);
readPlace();
keepAsking();
level.onchange = count.onchange = changed;
text.oninput = () => {
  clearTimeout(typing);
  typing = setTimeout(changed, TYPING_MS);
};
onSubmit('filter', () => undefined);
follow.onchange = keepAsking;
// A millisecond can have several lines: those of the last one come again.
byId('older').onclick = () => goTo({ before: new Date(Date.parse(oldest!) + 1).toISOString() });
byId('newest').onclick = () => goTo({ before: undefined });
addEventListener('hashchange', () => {
  const was = before;
  readPlace();
  if (before === was) return;
  keepAsking();
  scrollTo(0, 0);
});
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && !byId('story').hidden) closeStory();
});

/** Filter and request are part of the URL, so that it can be sent to somebody. */
function readPlace(): void {
  const place = new URLSearchParams(location.hash.slice(1));
  level.value = place.get('level') ?? '';
  before = place.get('before') ?? undefined;
  if (text.value.trim() !== (place.get('text') ?? '')) text.value = place.get('text') ?? '';
  const request = place.get('request');
  if (request) void showStory(request, closeStory);
  else byId('story').hidden = true;
}

function closeStory(): void {
  goTo({ request: undefined });
}

function goTo(changes: Record<string, string | undefined>): void {
  location.hash = hashWith(changes);
}

function hashWith(changes: Record<string, string | undefined>): string {
  const place = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(changes)) {
    if (value) place.set(name, value);
    else place.delete(name);
  }
  return `#${String(place)}`;
}

/** The URL follows the fields without a `hashchange`: its handler would write an older text into a field that somebody is typing in. */
function changed(): void {
  history.pushState(null, '', hashWith({ level: level.value, text: text.value.trim(), before: undefined }));
  before = undefined;
  keepAsking();
}

/** Older lines are asked for once: they stay as they are. */
function keepAsking(): void {
  stop();
  stop = () => undefined;
  if (follow.checked && !before) stop = every(FOLLOW_EVERY_MS, refresh);
  else void refresh();
}

/** The last lines, or the last before a time, that pass the filter, newest first. */
async function refresh(): Promise<void> {
  const query = new URLSearchParams({ lines: count.value });
  for (const [name, value] of Object.entries({ level: level.value, text: text.value.trim(), before }))
    if (value) query.set(name, value);
  const turn = ++asked;
  try {
    const entries = await ask<LogLine[]>(`logs?${String(query)}`);
    // The filter has changed meanwhile.
    if (turn === asked) showEntries(entries);
  } catch (error) {
    if (turn !== asked) return;
    if (shown.size === 0) showFailure(place, error, () => void refresh());
    else status.textContent = `${sentenceOf(error)} It is asked again.`;
  }
}

function showEntries(entries: readonly LogLine[]): void {
  const filtered = level.value || text.value.trim();
  const which = before ? `from before ${exactTime(Date.parse(before))}` : follow.checked ? 'followed' : 'not followed';
  const sentence = `${entries.length} ${entries.length === 1 ? 'line' : 'lines'}${filtered ? ' pass the filter' : ''}, newest first, ${which}`;
  if (status.textContent !== sentence) status.textContent = sentence;
  status.title = `as of ${clock(Date.now())}`;
  oldest = entries.find(({ timestamp }) => timestamp)?.timestamp;
  byId('older').hidden = !oldest || entries.length < Number(count.value);
  byId('newest').hidden = !before;
  const old = shown;
  shown = new Map();
  if (entries.length === 0) {
    if (filtered || before)
      return showEmpty(place, 'No line passes the filter.', 'Choose another level or empty the text field.');
    return showEmpty(place, 'Nothing is logged yet.', 'Each call of a client will be a line here.');
  }
  for (const entry of [...entries].reverse()) {
    let key = `${entry.timestamp ?? ''} ${entry.request ?? ''} ${entry.message}`;
    while (shown.has(key)) key += '+';
    shown.set(key, old.get(key) ?? logLine(entry, (request) => goTo({ request })));
  }
  const list = place.querySelector('ol') ?? h('ol.log');
  if (!list.isConnected) place.replaceChildren(list);
  place.ariaBusy = 'false';
  keepInOrder(list, [...shown.values()]);
}
