import { isRecord } from './findings';
import type { ConfigPath, Findings } from './findings';

/**
 * The names of label values 1, 2, ...: a list of names, a map of values to names (a bundle's `channel_def`), or of names to values.
 * In a map, value 0 is left out when it is called background, or always with `zeroIsBackground` (the network's answer goes through argmax).
 */
export function readLabels(value: unknown, path: ConfigPath, findings: Findings, zeroIsBackground = false): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((label) => typeof label === 'string')) return value;
  const entries = isRecord(value) ? valueNamePairs(value) : undefined;
  if (!entries) {
    findings.add(path, value, 'a list of names, one for each label value from 1');
    return [];
  }
  return entries
    .sort(([a], [b]) => a - b)
    .filter(([index, name]) => index !== 0 || !(zeroIsBackground || /^(background|bg|)$/i.test(name.trim())))
    .map(([, name]) => name);
}

function valueNamePairs(map: Record<string, unknown>): [number, string][] | undefined {
  const entries = Object.entries(map);
  if (entries.every(([key, name]) => /^\d+$/.test(key) && typeof name === 'string')) {
    return entries.map(([key, name]) => [Number(key), name as string]);
  }
  if (entries.every(([, index]) => Number.isInteger(index)))
    return entries.map(([name, index]) => [index as number, name]);
  return undefined;
}
