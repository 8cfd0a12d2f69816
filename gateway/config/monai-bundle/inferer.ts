import { z } from 'zod';
import { monaiHas, type MonaiVersion } from '../../transforms/monai-version';
import type { InfererSpec, ScanningWindowInferer } from '../../model-spec';
import type { BundleReferences } from './references';
import { attempt } from './chain';
import { isRecord } from '../findings';
import type { ConfigPath } from '../findings';
import { checkPerAxis, monaiRoi, monaiWindow, scanningWindow } from '../clara/inferer';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { integer } from '../values';

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
 * `SlidingWindowInferer` (windows by the rule of the bundle's MONAI), `SliceInferer` (the same over slices of a volume for a
 * 2-D network) or `SimpleInferer`.
 * @param rank spatial axes, for a `roi_size` that is one number
 */
export function readBundleInferer(
  value: unknown,
  rank: number,
  monai: MonaiVersion,
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
  if (target === 'SliceInferer') return sliceInferer(args, ruleOf(monai), path, reading) ?? simple;
  const parsed = readSection(windowSchema, args, path, reading.findings);
  if (!parsed) return simple;
  const roi = Array.isArray(parsed.roi_size) ? parsed.roi_size : Array<number>(rank).fill(parsed.roi_size);
  checkPerAxis(parsed, roi.length, path, reading.findings);
  return scanningWindow(ruleOf(monai), roi, parsed.sw_batch_size ?? 1, parsed);
}

const ruleOf = (monai: MonaiVersion) => (monaiHas(monai, 'gaussian from the middle') ? 'monai-1' : 'monai-0');

/** Windows one voxel thick along `spatial_dim`, which the network does not see. */
function sliceInferer(
  args: Record<string, unknown>,
  rule: ScanningWindowInferer['rule'],
  path: ConfigPath,
  reading: Reading,
): InfererSpec | undefined {
  const parsed = readSection(sliceSchema, args, path, reading.findings);
  if (!parsed) return undefined;
  const plane = Array.isArray(parsed.roi_size) ? parsed.roi_size : [parsed.roi_size, parsed.roi_size];
  checkPerAxis(parsed, plane.length, path, reading.findings);
  const inVolume = <T>(given: T | T[] | undefined, acrossSlices: T) =>
    Array.isArray(given) ? given.toSpliced(parsed.spatial_dim, 0, acrossSlices) : given;
  return scanningWindow(rule, plane.toSpliced(parsed.spatial_dim, 0, 1), parsed.sw_batch_size ?? 1, {
    ...parsed,
    overlap: inVolume(parsed.overlap, 0),
    sigma_scale: inVolume(parsed.sigma_scale, 1),
  });
}
