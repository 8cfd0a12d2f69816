import type { ModelSpec } from '../model-spec';
import { isRecord, pathText, showValue, type ConfigPath, type Findings } from './findings';

/** One entry of `GET /v1/models`: the extras (`padding`, `roi`, `deepgrow`, ...) lie flat in it and never hide the five fixed keys. */
export function describeModel({ name, type, labels, description, version, info }: ModelSpec) {
  return { ...info, name, type, labels, description, version: String(version) };
}

const fixed = ['name', 'type', 'labels', 'description', 'version'];

/** Values that clients need in some keys: whether a value is one, and the wanted one in words. */
const needs: Record<string, [isSafe: (value: unknown) => boolean, expected: string]> = {
  padding: [Number.isFinite, 'a number'],
  roi: [(value) => Array.isArray(value) && value.every(Number.isInteger), 'a list of whole numbers'],
  'internal name': [(value) => typeof value === 'string', 'a text'],
};

/**
 * The extra keys of a model's entry in `GET /v1/models`, limited to what every client survives: one bad value makes the C++ client reject the
 * whole list, so what cannot be repaired is left out with a warning.
 */
export function clientSafeInfo(value: unknown, path: ConfigPath, findings: Findings): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) {
    findings.add(path, value, 'an object');
    return {};
  }
  const given = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  const safe = given.map(([key, inner]) => [key, clientSafeValue(key, inner, [...path, key], findings)] as const);
  return Object.fromEntries(safe.filter(([, inner]) => inner !== undefined));
}

function clientSafeValue(key: string, value: unknown, path: ConfigPath, findings: Findings): unknown {
  const leaveOut = (reason: string) =>
    findings.warn(`${pathText(path)} is ${showValue(value)} and was left out of the model list: ${reason}`);
  if (fixed.includes(key))
    return leaveOut('this key describes the model itself and is written at the top of the config');
  if (key === 'deepgrow') {
    // Slicer, OHIF and XNAT take this key as text and call `.lower()` on it.
    if (typeof value === 'string') return value;
    if (value === 2 || value === 3) return `${value}D`;
    findings.add(path, value, '"2D" or "3D", as a text');
    return undefined;
  }
  const given = key === 'padding' && typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const need = Object.hasOwn(needs, key) ? needs[key] : undefined;
  return !need || need[0](given) ? given : leaveOut(`clients need ${need[1]}`);
}
