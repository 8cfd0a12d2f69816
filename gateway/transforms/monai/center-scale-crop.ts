import { z } from 'zod';
import { keysArguments, lazyArgument } from '../arguments';
import { defineTransform } from '../definition';
import { cut, uncut } from './boxes';
import { boxAround } from './crops';
import { actedShape } from './depth-first';
import { forEachKey } from './for-each-key';

export const centerScaleCropd = defineTransform({
  name: 'CenterScaleCropd',
  kind: 'crop',
  dialect: 'monai',
  summary:
    'Cuts out the middle of the image: `roi_scale` of each length, rounded up, at most all; 0 and below keep an axis.',
  source: 'MONAI 0.8.1 and 1.5.2',
  args: z.strictObject({
    ...keysArguments,
    roi_scale: z.union([z.number(), z.array(z.number()).min(1).max(3)]),
    ...lazyArgument,
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      const lengths = actedShape(volume);
      const scales = typeof args.roi_scale === 'number' ? lengths.map(() => args.roi_scale as number) : args.roi_scale;
      if (scales.length !== lengths.length)
        throw new Error(`roi_scale has ${scales.length} numbers, the image has ${lengths.length} spatial axes`);
      const size = lengths.map((n, d) => Math.min(scales[d] > 0 ? Math.ceil(n * scales[d]) : n, n));
      const middle = lengths.map((n) => Math.floor(n / 2));
      return cut(sample, 'CenterScaleCropd', key, volume, boxAround(middle, size, lengths));
    });
  },
  invert: uncut,
});
