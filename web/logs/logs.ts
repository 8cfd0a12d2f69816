import { byId, element } from '../element';
import { startFrame } from '../frame/frame';
import { ask } from '../live/ask';
import { every } from '../live/every';
import { showEmpty, showFailure, showLoading } from '../states/states';
import { clock, exactTime } from '../text/times';
import { keyOf, logLine, type Entry } from './entry';
import { showStory } from './story';

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
/** Of the oldest line that is shown. */
let oldest: string | undefined;
let stop: () => void = () => undefined;

startFrame();
showLoading(place, 8);
readPlace();
keepAsking();
for (const field of [level, count]) field.addEventListener('change', changed);
let typing: ReturnType<typeof setTimeout>;
text.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(changed, TYPING_MS);
});
byId('filter').addEventListener('submit', (event) => event.preventDefault());
follow.addEventListener('change', keepAsking);
// A millisecond can have several lines: those of the last one come again.
byId('older').addEventListener('click', () => goTo({ before: new Date(Date.parse(oldest!) + 1).toISOString() }));
byId('newest').addEventListener('click', () => goTo({ before: undefined }));
addEventListener('hashchange', () => {
  const was = before;
  readPlace();
  if (before === was) return;
  keepAsking();
  scrollTo(0, 0);
});
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && !byId('story').hidden) goTo({ request: undefined });
});

/** What is looked at stands in the URL, so that it can be sent to somebody. */
function readPlace(): void {
  const place = new URLSearchParams(location.hash.slice(1));
  level.value = place.get('level') ?? '';
  before = place.get('before') ?? undefined;
  if (text.value.trim() !== (place.get('text') ?? '')) text.value = place.get('text') ?? '';
  const request = place.get('request');
  if (request) void showStory(request, () => goTo({ request: undefined }));
  else byId('story').hidden = true;
}

function goTo(changes: Record<string, string | undefined>): void {
  const place = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(changes)) {
    if (value) place.set(name, value);
    else place.delete(name);
  }
  location.hash = String(place);
}

function changed(): void {
  goTo({ level: level.value, text: text.value.trim(), before: undefined });
  void refresh();
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
  if (level.value) query.set('level', level.value);
  if (text.value.trim()) query.set('text', text.value.trim());
  if (before) query.set('before', before);
  const turn = ++asked;
  try {
    const entries = await ask<Entry[]>(`logs?${String(query)}`);
    // The filter has changed meanwhile.
    if (turn === asked) showEntries(entries);
  } catch (error) {
    if (turn !== asked) return;
    if (shown.size === 0) showFailure(place, error, () => void refresh());
    else status.textContent = `${(error as Error).message} It is asked again.`;
  }
}

function showEntries(entries: readonly Entry[]): void {
  const filtered = level.value || text.value.trim();
  const sentence = `${entries.length} ${entries.length === 1 ? 'line' : 'lines'}${filtered ? ' pass the filter' : ''}, newest first, ${whichLines()}`;
  if (status.textContent !== sentence) status.textContent = sentence;
  status.title = `as of ${clock(Date.now())}`;
  oldest = entries.find(({ timestamp }) => timestamp)?.timestamp;
  byId('older').hidden = !oldest || entries.length < Number(count.value);
  byId('newest').hidden = !before;
  if (entries.length === 0) {
    shown = new Map();
    if (filtered || before)
      showEmpty(place, 'No line passes the filter.', 'Choose another level or empty the text field.');
    else showEmpty(place, 'Nothing is logged yet.', 'Each call of a client will be a line here.');
    return;
  }
  const lines = new Map<string, HTMLLIElement>();
  for (const entry of [...entries].reverse()) {
    let key = keyOf(entry);
    while (lines.has(key)) key += '+';
    lines.set(key, shown.get(key) ?? logLine(entry, (request) => goTo({ request })));
  }
  shown = lines;
  const list = place.querySelector('ol') ?? element('ol', { className: 'log' });
  if (!list.isConnected) place.replaceChildren(list);
  place.ariaBusy = 'false';
  keepInOrder(list, [...lines.values()]);
}

function whichLines(): string {
  if (before) return `from before ${exactTime(Date.parse(before))}`;
  return follow.checked ? 'followed' : 'not followed';
}

/** Moves no line that stands where it should: focus and selection stay. */
function keepInOrder(list: Element, lines: readonly HTMLLIElement[]): void {
  const wanted = new Set<Element>(lines);
  for (const old of [...list.children]) if (!wanted.has(old)) old.remove();
  lines.forEach((line, at) => {
    if (list.children[at] !== line) list.insertBefore(line, list.children[at] ?? null);
  });
}
