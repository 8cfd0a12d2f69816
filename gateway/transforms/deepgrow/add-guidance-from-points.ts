import { z } from 'zod';
import { spatialShape, type Volume } from '../../imaging/volume';
import { fieldName, metadataArguments } from '../arguments';
import { defineTransform } from '../definition';
import { requestClicks, requestSlice } from './clicks';
import type { Guidance } from './guidance';

const rank = z.union([z.literal(2), z.literal(3)], { error: 'expected 2 or 3' });

export const addGuidanceFromPointsd = defineTransform({
  name: 'AddGuidanceFromPointsd',
  kind: 'clicks',
  dialect: 'monai',
  summary:
    'Takes the request’s clicks into the grid of a depth-first image; for 2-D models only those on the slice that is asked for.',
  source: 'transforms.md §7.4 step 4 (the slice: aiaa-api.md §11); MONAI 0.5 and 0.8.1',
  readsParams: true,
  args: z.strictObject({
    ref_image: fieldName,
    guidance: fieldName.default('guidance'),
    foreground: fieldName.default('foreground'),
    background: fieldName.default('background'),
    axis: z.literal(0, { error: 'only depth first is run: axis 0' }).default(0),
    depth_first: z.literal(true, { error: 'only depth first is run' }).default(true),
    /** The same under its names of MONAI 0.5 and later. */
    dimensions: rank.optional(),
    spatial_dims: rank.optional(),
    slice_key: z.string().min(1).default('slice'),
    ...metadataArguments,
  }),
  apply(sample, { ref_image: field, guidance, dimensions, spatial_dims: spatialDims, slice_key: sliceKey, ...names }) {
    const image = sample.volume(field);
    const original = originalShapeOf(image, field);
    const clicks = requestClicks(sample.params, names, original);
    const [depth, x, y] = spatialShape(image);
    const factors = [depth / original[2], x / original[0], y / original[1]];
    const rolled = (points: number[][]) =>
      points.map(([i, j, k]) => [k, i, j].map((p, d) => Math.trunc(p * factors[d])));
    if ((spatialDims ?? dimensions ?? 2) === 3) {
      sample.values.set(guidance, {
        positive: rolled(clicks.foreground),
        negative: rolled(clicks.background),
      } satisfies Guidance);
      return;
    }
    const slice = requestSlice(sample.params, sliceKey, clicks);
    const inSlice = (points: number[][]) => rolled(points.filter((point) => point[2] === slice)).map(([, ...xy]) => xy);
    sample.values.set(guidance, {
      positive: inSlice(clicks.foreground),
      negative: inSlice(clicks.background),
      slice,
    } satisfies Guidance);
  },
});

/** The file's shape i, j, k. @throws Error when the image is not a depth-first volume from a file */
function originalShapeOf({ axes, properties }: Volume, field: string): readonly number[] {
  if (axes !== 'ZXY')
    throw new Error(`"${field}" has the axes ${axes}, but clicks need a volume with depth first (AsChannelFirstd)`);
  if (!properties.originalShape) throw new Error(`"${field}" has no original shape: it was not loaded from a file`);
  return properties.originalShape;
}
