import { z } from 'zod';
import { monaiHas, type MonaiVersion } from '../../transforms/monai-version';
import type { InfererSpec } from '../../model-spec';
import type { BundleReferences } from './references';
import { isRecord, type ConfigPath } from '../findings';
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

type Window = z.output<typeof windowSchema> & Partial<z.output<typeof sliceSchema>>;

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
  const given = isRecord(value) ? value._target_ : value;
  const target = isRecord(value) && typeof given === 'string' ? given.replace(/^monai\.inferers\./, '') : '';
  if (target === 'SimpleInferer') return simple;
  if (!isRecord(value) || !/^(SlidingWindowInferer|SlidingWindowInfererAdapt|SliceInferer)$/.test(target)) {
    reading.findings.add([...path, '_target_'], given, 'SlidingWindowInferer, SliceInferer or SimpleInferer');
    return simple;
  }
  const entries = Object.entries(value).filter(([key]) => !ofNoConcern.test(key));
  const args = Object.fromEntries(
    entries.map(([key, inner]) => [key, references.read(inner, [...path, key], reading.findings)]),
  );
  const isSlice = target === 'SliceInferer';
  const parsed: Window | undefined = readSection(isSlice ? sliceSchema : windowSchema, args, path, reading.findings);
  if (!parsed) return simple;
  const { roi_size } = parsed;
  const roi = Array.isArray(roi_size) ? roi_size : Array<number>(isSlice ? 2 : rank).fill(roi_size);
  checkPerAxis(parsed, roi.length, path, reading);
  const rule = monaiHas(monai, 'gaussian from the middle') ? 'monai-1' : 'monai-0';
  const { spatial_dim, overlap, sigma_scale } = parsed;
  if (spatial_dim === undefined) return scanningWindow(rule, roi, parsed);
  // Windows one voxel thick along `spatial_dim`, which the network does not see.
  const inVolume = <T>(given: T | T[] | undefined, acrossSlices: T) =>
    Array.isArray(given) ? given.toSpliced(spatial_dim, 0, acrossSlices) : given;
  const perAxis = { overlap: inVolume(overlap, 0), sigma_scale: inVolume(sigma_scale, 1) };
  return scanningWindow(rule, roi.toSpliced(spatial_dim, 0, 1), { ...parsed, ...perAxis });
}
