import { z } from 'zod';
import type { Volume } from '../../imaging/volume';
import { keysArguments, lazyArgument, perKey, positive, stringyBoolean, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { resamplingType } from '../element-type';
import { AIAA_MONAI, monaiHas, type MonaiVersion } from '../monai-version';
import { cutActed, paddingMode, paddingOf, type Box } from './boxes';
import { actedShape } from './depth-first';
import { forEachKey } from './for-each-key';
import { interpolationMode, resizeActed, unresized, type ResizeState } from './resize-to';

interface ZoomState extends ResizeState {
  /** Lengths after zooming, before the size was restored. */
  zoomed: readonly number[];
  box: Box;
}

export const zoomd = defineTransform({
  name: 'Zoomd',
  dialect: 'monai',
  summary:
    'Resizes the spatial axes by factors (lengths are rounded down); `keep_size` then crops or pads to the old lengths.',
  source: 'transforms.md §7.2; MONAI 0.8.1, in bundles 1.5.2',
  args: z.strictObject({
    ...keysArguments,
    zoom: z.union([positive, z.array(positive).min(1).max(3)]),
    mode: perKey(interpolationMode).default('area'),
    padding_mode: perKey(paddingMode).default('edge'),
    align_corners: perKey(stringyBoolean.nullable()).default(null),
    keep_size: stringyBoolean.default(true),
    dtype: resamplingType,
    ...lazyArgument,
  }),
  apply(sample, args, { monai = AIAA_MONAI }) {
    forEachKey(sample, args, (volume, index, key) => {
      const lengths = actedShape(volume);
      const factors = typeof args.zoom === 'number' ? lengths.map(() => args.zoom as number) : args.zoom;
      if (factors.length !== lengths.length)
        throw new Error(`zoom has ${factors.length} numbers, the image has ${lengths.length} spatial axes`);
      const mode = valueFor(args.mode, index);
      const alignCorners = valueFor(args.align_corners, index) ?? false;
      const zoomed = lengths.map((n, d) => Math.max(1, Math.floor(n * factors[d])));
      const box = args.keep_size ? keptSize(lengths, zoomed, monai) : { start: zoomed.map(() => 0), size: zoomed };
      const state: ZoomState = { lengths, zoomed, box, affine: volume.affine, mode, alignCorners };
      sample.history.push({ transform: 'Zoomd', field: key, state });
      return cutActed(
        resizeActed(volume, zoomed, mode, alignCorners),
        box,
        paddingOf(valueFor(args.padding_mode, index)),
      );
    });
  },
  invert(volume, state, nearest): Volume {
    const { zoomed, box } = state as ZoomState;
    const back = cutActed(volume, { start: box.start.map((first) => -first), size: zoomed });
    return unresized(back, state, nearest);
  },
});

/**
 * Half of what is missing goes in front, half of what is too much is cut there, rounded down; from MONAI 0.9.1 on it is cut around the middle
 * voxel, which may be one voxel further on.
 */
function keptSize(lengths: readonly number[], zoomed: readonly number[], monai: MonaiVersion): Box {
  const start = zoomed.map((m, d) => {
    const n = lengths[d];
    if (m < n) return -Math.floor((n - m) / 2);
    return monaiHas(monai, 'zoom is cut around the middle voxel')
      ? Math.floor(m / 2) - Math.floor(n / 2)
      : Math.floor((m - n) / 2);
  });
  return { start, size: lengths };
}
