import { z } from 'zod';
import { applyAffine, invert, multiply } from '../../imaging/geometry';
import { fieldName } from '../arguments';
import { defineTransform } from '../definition';
import { clicksOfLabels, labelNames, movedClicks } from './label-clicks';

/** Indices this close to a whole number are that number: the matrices are floating-point, and clicks are cut down later. */
const NOISE = 1e-4;

export const orientationGuidanceMultipleLabelDeepEditd = defineTransform({
  name: 'OrientationGuidanceMultipleLabelDeepEditd',
  dialect: 'monai',
  summary: 'Takes the request’s clicks of each label from the file’s grid into that of the turned image.',
  source: 'scripts/transforms.py of the zoo’s spleen_deepedit_annotation; floating-point noise beside whole voxels is taken away',
  readsParams: true,
  args: z.strictObject({ ref_image: fieldName.default('image'), label_names: labelNames }),
  apply(sample, { ref_image: field, label_names: names }) {
    const image = sample.volume(field);
    const { originalAffine } = image.properties;
    const clicks = clicksOfLabels(sample, names, image);
    const toCurrent = image.affine && originalAffine && multiply(invert(image.affine), originalAffine);
    const turned = toCurrent ? movedClicks(clicks, (point) => applyAffine(toCurrent, point).map(withoutNoise)) : clicks;
    for (const [name, points] of Object.entries(turned)) sample.values.set(name, points);
  },
}); // prettier-ignore

function withoutNoise(index: number): number {
  const whole = Math.round(index);
  return Math.abs(index - whole) < NOISE ? whole : index;
}
