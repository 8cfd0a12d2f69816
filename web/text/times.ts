import { element } from '../element';

const UNITS: [seconds: number, name: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** "now", "12 s ago", "3 h ago", "in 5 min". @param time and @param now milliseconds since 1970 */
export function relativeTime(time: number, now = Date.now()): string {
  const seconds = Math.round((now - time) / 1000);
  const size = Math.abs(seconds);
  if (size < 2) return 'now';
  const [unit, name] = UNITS.find(([unit]) => size >= unit)!;
  const text = `${Math.floor(size / unit)} ${name}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/** 2026-01-02 03:04:05 of the reader's own clock. */
export function exactTime(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${clock(time)}`;
}

/** 03:04:05. */
export function clock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((value) => String(value).padStart(2, '0'))
    .join(':');
}

/** A relative time with the exact one on hover. It grows old by {@link keepTimesFresh}. */
export function timeElement(time: number): HTMLTimeElement {
  const exact = exactTime(time);
  return element('time', { dateTime: new Date(time).toISOString(), title: exact }, relativeTime(time));
}

/** Rewrites the relative times of a page each 5 s. */
export function keepTimesFresh(within: ParentNode = document): void {
  setInterval(() => {
    for (const one of within.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
      const text = relativeTime(Date.parse(one.dateTime));
      if (one.textContent !== text) one.textContent = text;
    }
  }, 5000);
}
