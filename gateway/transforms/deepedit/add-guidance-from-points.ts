import { z } from 'zod';
import { spatialShape } from '../../imaging/volume';
import { fieldName, metadataArguments } from '../arguments';
import { defineTransform } from '../definition';
import { clicksOfLabels, labelNames, loadedLengths, movedClicks } from './label-clicks';

export const addGuidanceFromPointsDeepEditd = defineTransform({
  name: 'AddGuidanceFromPointsDeepEditd',
  kind: 'clicks',

  dialect: 'monai',
  summary:
    'Makes guidance of the clicks of each label: times length now / length of the file along each axis, cut down. Labels may have no clicks.',
  source: 'MONAI 1.5.2 apps.deepedit; the lengths of a turned image are those of its own axes',
  readsParams: true,
  args: z.strictObject({
    ref_image: fieldName,
    guidance: fieldName.default('guidance'),
    label_names: labelNames,
    ...metadataArguments,
  }),
  apply(sample, { ref_image: field, guidance, label_names: names }) {
    const image = sample.volume(field);
    const lengths = loadedLengths(image, field);
    const factors = spatialShape(image).map((n, d) => n / lengths[d]);
    const clicks = clicksOfLabels(sample, names, image);
    const made = movedClicks(clicks, (point) => point.map((p, d) => Math.trunc(Math.trunc(p) * factors[d])));
    sample.values.set(guidance, made);
  },
});
