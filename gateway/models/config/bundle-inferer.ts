import { z } from 'zod';
import type { InfererSpec } from '../model-spec';
import type { BundleReferences } from './bundle-references';
import { attempt } from './bundle-chain';
import { isRecord } from './findings';
import type { ConfigPath } from './findings';
import { monaiRoi, monaiWindow, scanningWindow } from './inferer';
import type { Reading } from './reading';
import { readSection } from './section';
import { integer } from './values';

const windowSchema = z.strictObject({
  roi_size: z.union([monaiRoi, integer], { error: 'a window size, or a list of them' }),
  ...monaiWindow,
});

/** Placement and display: Triton decides the first, the gateway the second. */
const ofNoConcern =
  /^(_\w+_|device|sw_device|progress|cache_roi_weight_map|cpu_thresh|buffer_steps|buffer_dim|with_coord)$/;

/**
 * `SlidingWindowInferer` (windows by the rule of MONAI 1.x, `transforms.md` §6.3) or `SimpleInferer`.
 * @param rank spatial axes, for a `roi_size` that is one number
 */
export function readBundleInferer(
  value: unknown,
  rank: number,
  path: ConfigPath,
  references: BundleReferences,
  reading: Reading,
): InfererSpec {
  const simple: InfererSpec = { kind: 'simple' };
  const target =
    isRecord(value) && typeof value._target_ === 'string' ? value._target_.replace(/^monai\.inferers\./, '') : '';
  if (target === 'SimpleInferer') return simple;
  if (!isRecord(value) || (target !== 'SlidingWindowInferer' && target !== 'SlidingWindowInfererAdapt')) {
    const given = isRecord(value) ? value._target_ : value;
    reading.findings.add([...path, '_target_'], given, 'SlidingWindowInferer or SimpleInferer');
    return simple;
  }
  const entries = Object.entries(value).filter(([key]) => !ofNoConcern.test(key));
  const args = Object.fromEntries(
    entries.map(([key, inner]) => [key, attempt(() => references.resolve(inner), inner, [...path, key], reading)]),
  );
  const parsed = readSection(windowSchema, args, path, reading.findings);
  if (!parsed) return simple;
  const roi = Array.isArray(parsed.roi_size) ? parsed.roi_size : Array<number>(rank).fill(parsed.roi_size);
  return scanningWindow('monai-1', roi, parsed.sw_batch_size ?? 1, parsed);
}
