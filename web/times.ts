import { h } from './dom';

const UNITS: [seconds: number, name: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** "now", "12 s ago", "3 h ago", "in 5 min". @param time milliseconds since 1970 */
function relativeTime(time: number): string {
  const seconds = Math.round((Date.now() - time) / 1000);
  const size = Math.abs(seconds);
  if (size < 2) return 'now';
  const [unit, name] = UNITS.find(([unit]) => size >= unit)!;
  const text = `${Math.floor(size / unit)} ${name}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

const two = (value: number) => String(value).padStart(2, '0');

/** 2026-01-02 03:04:05 of the reader's own clock. @param time milliseconds since 1970 */
export function exactTime(time: number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(time)}`;
}

/** 03:04:05. */
export function clock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

/** A relative time with the exact one on hover. It grows old by {@link keepTimesFresh}. @param iso ISO 8601 */
export function timeElement(iso: string): HTMLTimeElement {
  const time = Date.parse(iso);
  return h('time', { dateTime: new Date(time).toISOString(), title: exactTime(time) }, relativeTime(time));
}

/** Rewrites the relative times of the page each 5 s. */
export function keepTimesFresh(): void {
  setInterval(() => {
    for (const one of document.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
      const text = relativeTime(Date.parse(one.dateTime));
      if (one.textContent !== text) one.textContent = text;
    }
  }, 5000);
}
