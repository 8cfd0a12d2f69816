import { z } from 'zod';
import { nearestFloat32Map } from '../../imaging/kernels/axis-maps';
import { pasteNearest } from '../../imaging/kernels/paste-nearest';
import { markOccupied } from '../../imaging/occupied';
import { allocate, spatialLetters, spatialShape, type NumericArray, type Volume } from '../../imaging/volume';
import { fieldName, keysArguments, perKey, stringyBoolean } from '../arguments';
import { singleChannel } from '../clara/fetch-extreme-points';
import { defineTransform } from '../definition';
import { forEachKey } from '../monai/for-each-key';
import { lastStep, type GuidedCrop } from './guidance';

/**
 * Undoes resizing, crop, spacing and slicing of the reference image, nearest voxel each: the three resizings of the reference are made as
 * one look-up per axis. A 3-D result answers `crop`, the box of file voxels it speaks about, so that a client leaves the others as they are.
 */
export const restoreLabeld = defineTransform({
  name: 'RestoreLabeld',
  aliases: ['RestoreCroppedLabeld'],
  dialect: 'monai',
  summary:
    'Brings a prediction back to the grid of the file, depth first: nearest voxel, zeros around the crop; a slice into its volume.',
  source: 'transforms.md §7.4 step 14; MONAI 0.8.1; `crop`: aiaa-api.md §4.3',
  args: z.strictObject({
    ...keysArguments,
    ref_image: fieldName,
    slice_only: stringyBoolean.default(false),
    mode: perKey(z.literal('nearest', { error: 'only mode "nearest" is run: the result is a label' })).default(
      'nearest',
    ),
    align_corners: z.unknown().optional(),
    meta_keys: z.unknown().optional(),
    meta_key_postfix: z.string().optional(),
    start_coord_key: z.string().optional(),
    end_coord_key: z.string().optional(),
    original_shape_key: z.string().optional(),
    cropped_shape_key: z.string().optional(),
  }),
  apply(sample, args) {
    const reference = sample.volume(args.ref_image);
    const crop = lastStep<GuidedCrop>(sample, 'SpatialCropGuidanced', args.ref_image);
    const fetched = lastStep<{ slice: number }>(sample, 'Fetch2DSliced', args.ref_image);
    const original = reference.properties.originalShape;
    if (!original) throw new Error(`"${args.ref_image}" has no original shape: it was not loaded from a file`);
    forEachKey(sample, args, (volume, _, key) => {
      const label = singleChannel(volume, key);
      const lookUps = lookUpsOf(label, original, crop);
      const lengths = fetched && args.slice_only ? [original[0], original[1], 1] : original;
      const restored = emptyLike(label, lengths, reference);
      pasteNearest(label, [lookUps.X, lookUps.Y, lookUps.Z], restored, args.slice_only ? 0 : (fetched?.slice ?? 0));
      const first = args.slice_only ? 0 : (fetched?.slice ?? 0);
      const slices = fetched ? [first, first + 1] : [0, lengths[2]];
      const [start, end] = slices.map((slice) => slice * lengths[0] * lengths[1]);
      markOccupied(restored.data, { start, end });
      if (!fetched && crop) sample.result.crop = ['X', 'Y', 'Z'].map((letter) => range(lookUps[letter]));
      return fetched && args.slice_only ? slicePlaysChannel(restored) : restored;
    });
  },
});

/** For each axis of the label, by letter: for every index of the file the label's index, or -1 outside the crop. */
function lookUpsOf(
  label: Volume,
  original: readonly number[],
  crop: GuidedCrop | undefined,
): Record<string, Int32Array> {
  const shape = spatialShape(label);
  const entries = [...spatialLetters(label)].map((letter, d) => {
    const inFile = original['XYZ'.indexOf(letter)];
    const before = crop?.shape[d] ?? shape[d];
    const [start, end] = [crop?.start[d] ?? 0, crop?.end[d] ?? before];
    const undoResize = nearestFloat32Map(shape[d], end - start);
    const undoSpacing = nearestFloat32Map(before, inFile);
    return [letter, undoSpacing.map((at) => (at >= start && at < end ? undoResize[at - start] : -1))];
  });
  return Object.fromEntries(entries) as Record<string, Int32Array>;
}

/** A depth-first volume of zeros whose voxels lie in file order, on the file's grid. */
function emptyLike(label: Volume, [nx, ny, nz]: readonly number[], { properties }: Volume): Volume {
  const type = label.data.constructor as Parameters<typeof allocate<NumericArray>>[0];
  return {
    data: allocate(type, nx * ny * nz),
    shape: [nz, nx, ny],
    strides: [nx * ny, 1, nx],
    axes: 'ZXY',
    affine: properties.originalAffine,
    properties: { ...properties, asCanonical: false },
  };
}

function slicePlaysChannel(volume: Volume): Volume {
  return { ...volume, axes: 'CXY' };
}

/** First and last index + 1 that the crop holds. */
function range(lookUp: Int32Array): [number, number] {
  const first = lookUp.findIndex((at) => at >= 0);
  return [first, lookUp.findLastIndex((at) => at >= 0) + 1];
}
