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

export const windowSchema = z.strictObject({
  roi_size: z.union([monaiRoi, integer], { error: 'a window size, or a list of them' }),
  ...monaiWindow,
});

export const sliceSchema = windowSchema.extend({
  spatial_dim: z.int({ error: '0, 1 or 2' }).min(0).max(2, { error: '0, 1 or 2' }).default(0),
});

/** Placement and display: Triton decides the first, the gateway the second. */
const ofNoConcern =
  /^(_\w+_|device|sw_device|progress|cache_roi_weight_map|cpu_thresh|buffer_steps|buffer_dim|with_coord)$/;

/**
 * `SlidingWindowInferer` (windows by the rule of MONAI 1.x, `transforms.md` §6.3), `SliceInferer` (the same over slices of a volume for a
 * 2-D network) or `SimpleInferer`.
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
  if (!isRecord(value) || !/^(SlidingWindowInferer|SlidingWindowInfererAdapt|SliceInferer)$/.test(target)) {
    const given = isRecord(value) ? value._target_ : value;
    reading.findings.add([...path, '_target_'], given, 'SlidingWindowInferer, SliceInferer or SimpleInferer');
    return simple;
  }
  const entries = Object.entries(value).filter(([key]) => !ofNoConcern.test(key));
  const args = Object.fromEntries(
    entries.map(([key, inner]) => [key, attempt(() => references.resolve(inner), inner, [...path, key], reading)]),
  );
  if (target === 'SliceInferer') return sliceInferer(args, path, reading) ?? simple;
  const parsed = readSection(windowSchema, args, path, reading.findings);
  if (!parsed) return simple;
  const roi = Array.isArray(parsed.roi_size) ? parsed.roi_size : Array<number>(rank).fill(parsed.roi_size);
  return scanningWindow('monai-1', roi, parsed.sw_batch_size ?? 1, parsed);
}

/** Windows one voxel thick along `spatial_dim`, which the network does not see. */
function sliceInferer(args: Record<string, unknown>, path: ConfigPath, reading: Reading): InfererSpec | undefined {
  const parsed = readSection(sliceSchema, args, path, reading.findings);
  if (!parsed) return undefined;
  const plane = Array.isArray(parsed.roi_size) ? parsed.roi_size : [parsed.roi_size, parsed.roi_size];
  const roi = plane.toSpliced(parsed.spatial_dim, 0, 1);
  return scanningWindow('monai-1', roi, parsed.sw_batch_size ?? 1, parsed);
}
