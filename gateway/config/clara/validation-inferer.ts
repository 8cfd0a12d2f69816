import { z } from 'zod';
import type { InfererSpec } from '../../model-spec';
import type { ConfigPath } from '../findings';
import { claraInferer, claraRoi } from './inferer';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { count, flag, optional } from '../values';

/** Clara's inferer classes of validation configs (`transforms.md` §3), whose names say what `scanning_window` says in a served one. */
const scans: Readonly<Record<string, boolean>> = {
  TFScanWindowInferer: true,
  ScanWindowInferer: true,
  TFSimpleInferer: false,
};

export const validationInferers = Object.keys(scans);

/** Where channels lie is told by the image itself, so `is_channels_first` is not needed. */
const infererArgs = z.strictObject({
  roi_size: optional(claraRoi),
  batch_size: optional(count),
  is_channels_first: optional(flag),
});

/** The inferer a validation config means, or undefined when `name` is none of these classes. */
export function validationInferer(
  name: string,
  args: unknown,
  path: ConfigPath,
  reading: Reading,
): InfererSpec | undefined {
  const short = name.split('.').pop() ?? '';
  if (!Object.hasOwn(scans, short)) return undefined;
  const parsed = readSection(infererArgs, args ?? {}, path, reading.findings);
  if (!parsed) return { kind: 'simple' };
  if (scans[short] && !parsed.roi_size) {
    reading.findings.add([...path, 'roi_size'], undefined, `a list of 2 or 3 window sizes, for ${short} scans`);
    return { kind: 'simple' };
  }
  const { roi_size: roi, batch_size } = parsed;
  return claraInferer({ scanning_window: scans[short], roi, batch_size }, path, reading);
}
