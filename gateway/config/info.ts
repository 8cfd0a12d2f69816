import { isRecord, pathText, showValue } from './findings';
import type { ConfigPath, Findings } from './findings';

/** Keys of a model entry that describe the model itself and cannot be changed by `additional_info` or `meta_data`. */
const reserved = ['name', 'type', 'labels', 'description', 'version'];

/**
 * The extra keys of a model's entry in `GET /v1/models`, limited to what every client survives (`aiaa-api.md` §1 facts 11 and 12, §1.1):
 * one bad value makes the C++ client reject the whole list, so what cannot be repaired is left out with a warning.
 */
export function clientSafeInfo(value: unknown, path: ConfigPath, findings: Findings): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) {
    findings.add(path, value, 'an object');
    return {};
  }
  const entries = Object.entries(value)
    .filter(([, given]) => given !== null && given !== undefined)
    .map(([key, given]) => [key, clientSafeValue(key, given, [...path, key], findings)])
    .filter(([, safe]) => safe !== undefined);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function clientSafeValue(key: string, value: unknown, path: ConfigPath, findings: Findings): unknown {
  const leaveOut = (reason: string) => {
    findings.warn(`${pathText(path)} is ${showValue(value)} and was left out of the model list: ${reason}`);
  };
  if (reserved.includes(key))
    return leaveOut('this key describes the model itself and is written at the top of the config');
  if (key === 'padding') {
    const padding = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return Number.isFinite(padding) ? padding : leaveOut('clients need a number');
  }
  if (key === 'roi') {
    return Array.isArray(value) && value.every(Number.isInteger)
      ? value
      : leaveOut('clients need a list of whole numbers');
  }
  if (key === 'internal name') return typeof value === 'string' ? value : leaveOut('clients need a text');
  if (key === 'deepgrow') return deepgrowKind(value, path, findings);
  return value;
}

/** Slicer, OHIF and XNAT take this key as text and call `.lower()` on it: "2D" or "3D". */
function deepgrowKind(value: unknown, path: ConfigPath, findings: Findings): string | undefined {
  if (typeof value === 'string') return value;
  if (value === 2 || value === 3) return `${value}D`;
  findings.add(path, value, '"2D" or "3D", as a text');
  return undefined;
}
