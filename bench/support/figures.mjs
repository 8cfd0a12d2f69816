import { loadavg } from 'node:os';

/** The middle one of a list of numbers; of an even count the upper of the two. */
export function median(values) {
  return percentile(values, 0.5);
}

/** The value that the fraction `p` of the list lies below or at. */
export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(p * sorted.length), sorted.length - 1)];
}

/** Three significant digits: more than a shared machine can repeat. */
export function round(value) {
  return Number(value.toPrecision(3));
}

/** What else the machine is doing, to be read next to the figures. */
export function load() {
  return `load average of the last minute: ${loadavg()[0].toFixed(1)}`;
}
