/** Numbers as people read them, units always shown. A value that is not known is a dash. */
const NONE = '–';

/** 0.4 ms, 12 ms, 1.25 s, 2 min 5 s. @param ms milliseconds */
export function duration(ms: number | null | undefined): string {
  if (ms === undefined || ms === null || !Number.isFinite(ms)) return NONE;
  if (ms < 10) return `${trimmed(ms, 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trimmed(ms / 1000, ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** 812 B, 3.4 MB, 12 GB: powers of 1024, as disks and memory are told of elsewhere here. */
export function bytes(count: number | null | undefined): string {
  if (count === undefined || count === null || !Number.isFinite(count)) return NONE;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  for (; value >= 1023.5 && unit < units.length - 1; unit++) value /= 1024;
  return `${trimmed(value, unit > 0 && value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** 0.25 → 25 %; 0.0012 → 0.12 %. */
export function percent(fraction: number | null | undefined): string {
  if (fraction === undefined || fraction === null || !Number.isFinite(fraction)) return NONE;
  const value = fraction * 100;
  return `${trimmed(value, value !== 0 && value < 1 ? 2 : value < 10 ? 1 : 0)} %`;
}

/** 1 234 567 with thin spaces; at most `digits` behind the point. */
export function count(value: number | null | undefined, digits = 0): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return NONE;
  const [whole, rest] = trimmed(value, digits).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, '\u2009') + (rest ? `.${rest}` : '');
}

/** Without zeros at the end. */
function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
