import { element } from '../element';
import { sortedStages } from '../stages/stages';
import { duration } from '../text/numbers';
import { clock, exactTime } from '../text/times';

/** A line of the log as `GET /logs` gives it to those who ask for JSON. */
export interface Entry {
  /** ISO 8601; a line that was cut off has none. */
  timestamp?: string;
  level: string;
  message: string;
  /** Id of the request it belongs to. */
  request?: string;
  /** Of an error. */
  stack?: string;
  stages?: Record<string, number>;
  [fact: string]: unknown;
}

/** What makes a line the same one when the list is shown again. */
export function keyOf({ timestamp = '', request = '', message }: Entry): string {
  return `${timestamp} ${request} ${message}`;
}

/** One line: time, level with word and shape, request, message, facts. @param since shows the time from there, in seconds, in the place of the clock */
export function logLine(entry: Entry, showRequest: ((id: string) => void) | undefined, since?: number): HTMLLIElement {
  const { timestamp, level, message, request, stack } = entry;
  const line = element('li');
  line.append(timeOf(timestamp, since), element('span', { className: `level ${level}` }, level || '–'));
  if (request && showRequest) line.append(requestButton(request, showRequest));
  else line.append(element('span'));
  line.append(element('span', { className: 'message' }, message));
  const words = factsOf(entry);
  if (words.length) line.append(element('span', { className: 'facts' }, words.join(' · ')));
  if (stack) line.append(element('pre', { tabIndex: 0 }, stack));
  return line;
}

function factsOf({
  timestamp: _time,
  level: _level,
  message: _message,
  request: _request,
  stack: _stack,
  stages,
  ms,
  ...facts
}: Entry): string[] {
  const times = sortedStages(Object.keys(stages ?? {})).map((name) => [name, stages![name]] as const);
  return [
    ...(typeof ms === 'number' ? [`took ${duration(ms)}`] : []),
    ...(times.length ? [times.map(([name, time]) => `${name} ${duration(time)}`).join(', ')] : []),
    ...Object.entries(facts).map(
      ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
}

function timeOf(timestamp: string | undefined, since: number | undefined): HTMLElement {
  if (!timestamp) return element('span');
  const time = Date.parse(timestamp);
  const text = since === undefined ? clock(time) : `+${((time - since) / 1000).toFixed(2)} s`;
  return element('time', { dateTime: timestamp, title: exactTime(time) }, text);
}

function requestButton(id: string, showRequest: (id: string) => void): HTMLButtonElement {
  const short = id.length > 9 ? `${id.slice(0, 8)}…` : id;
  const button = element(
    'button',
    { type: 'button', className: 'request', title: `All lines of request ${id}` },
    short,
  );
  button.addEventListener('click', () => showRequest(id));
  return button;
}
