import { z } from 'zod';
import { spatialShape } from '../../imaging/volume';
import { fieldName } from '../arguments';
import { defineTransform } from '../definition';
import { labelClicksOf, loadedLengths, movedClicks } from './label-clicks';

export const resizeGuidanceMultipleLabelDeepEditd = defineTransform({
  name: 'ResizeGuidanceMultipleLabelDeepEditd',
  dialect: 'monai',
  summary: 'Takes the clicks of each label along when the image was resized: times length now / length of the file, cut down.',
  source: 'MONAI 1.5.2 apps.deepedit; the lengths of a turned image are those of its own axes',
  readsParams: true,
  args: z.strictObject({ guidance: fieldName, ref_image: fieldName }),
  apply(sample, { guidance, ref_image: field }) {
    const image = sample.volume(field);
    const lengths = loadedLengths(image, field);
    const factors = spatialShape(image).map((n, d) => n / lengths[d]);
    const resize = (point: number[]) => point.map((p, d) => Math.trunc(p * factors[d]));
    sample.values.set(guidance, movedClicks(labelClicksOf(sample, guidance), resize));
  },
}); // prettier-ignore
