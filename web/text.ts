import { h } from './dom';

type Known<A extends unknown[]> = (value: number, ...more: A) => string;

/** A value that is not known is a dash. */
const orDash =
  <A extends unknown[]>(format: Known<A>) =>
  (value: number | null | undefined, ...more: A): string =>
    Number.isFinite(value) ? format(value!, ...more) : '–';

/** 0.4 ms, 12 ms, 1.25 s, 2 min 5 s. @param ms milliseconds */
export const duration = orDash((ms) => {
  if (ms < 10) return `${trimmed(ms, 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trimmed(ms / 1000, ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
});

/** 812 B, 3.4 MB, 12 GB: powers of 1024, as disks and memory are told of elsewhere here. */
export const bytes = orDash((value) => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  for (; value >= 1023.5 && unit < units.length - 1; unit++) value /= 1024;
  return `${trimmed(value, unit > 0 && value < 10 ? 1 : 0)} ${units[unit]}`;
});

/** 0.25 → 25 %; 0.0012 → 0.12 %. */
export const percent = orDash((fraction) => {
  const value = fraction * 100;
  return `${trimmed(value, value !== 0 && value < 1 ? 2 : value < 10 ? 1 : 0)} %`;
});

/** 1 234 567 with thin spaces; at most `digits` after the point. */
export const count = orDash((value, digits: number = 0) => {
  const [whole, rest] = trimmed(value, digits).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, '\u2009') + (rest ? `.${rest}` : '');
});

/** Without zeros at the end. */
function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

/** The first characters of a long id. */
export function shortId(id: string): string {
  return id.length > 9 ? `${id.slice(0, 8)}…` : id;
}

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
