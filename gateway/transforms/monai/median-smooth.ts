import { z } from 'zod';
import { medianFilter } from '../../imaging/ops/intensity/median-filter';
import { keysArguments } from '../arguments';
import { defineTransform } from '../definition';
import { actedAxes } from './depth-first';
import { forEachKey } from './for-each-key';

const radius = z.number().int().min(0).max(8);

export const medianSmoothd = defineTransform({
  name: 'MedianSmoothd',
  dialect: 'monai',
  summary:
    'Median of the box around each voxel, `radius` voxels (at most 8) to each side for all spatial axes or for each; the edge is repeated outside.',
  source: 'MONAI 1.5.2, torch median',
  args: z.strictObject({ ...keysArguments, radius: z.union([radius, z.array(radius).min(1).max(3)]).default(1) }),
  apply(sample, { radius: given, ...keys }) {
    forEachKey(sample, keys, (volume) => {
      const axes = actedAxes(volume);
      const radii = typeof given === 'number' ? axes.map(() => given) : given;
      if (radii.length !== axes.length)
        throw new Error(`radius has ${radii.length} numbers, the image has ${axes.length} spatial axes`);
      const perAxis = volume.shape.map((_, d) => (axes.includes(d) ? radii[axes.indexOf(d)] : 0));
      return medianFilter(volume, perAxis);
    });
  },
});
