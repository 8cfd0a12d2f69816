import { z } from 'zod';
import { nearestFloat32Map } from '../../imaging/ops/resample/axis-maps';
import { pasteNearest } from '../../imaging/ops/resample/paste-nearest';
import { markOccupied } from '../../imaging/occupied';
import {
  channelView,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type NumericArray,
  type Volume,
} from '../../imaging/volume';
import { allocate } from '../../arena';
import {
  fieldName,
  keysArguments,
  metadataArguments,
  perKey,
  stringyBoolean,
  valueFor,
  withoutEffect,
} from '../arguments';
import { singleChannel } from '../clara/fetch-extreme-points';
import { defineTransform } from '../definition';
import { cutActed } from '../monai/boxes';
import { forEachKey } from '../monai/for-each-key';
import { interpolationMode, resizeActed, type InterpolationMode } from '../monai/resize-to';
import { lastStep, type GuidedCrop } from './guidance';

const all = z.literal(true, { error: 'a prediction goes all the way back to the grid of the file' }).default(true);

/**
 * Undoes resizing, crop, spacing and slicing of the reference image, nearest voxel each: the three resizings of the reference are made as
 * one look-up per axis. A 3-D result answers `crop`, the box of file voxels it speaks about, so that a client leaves the others as they are.
 */
export const restoreLabeld = defineTransform({
  name: 'RestoreLabeld',
  aliases: ['RestoreCroppedLabeld'],
  dialect: 'monai',
  summary:
    'Brings a prediction back to the grid of the file, depth first: nearest voxel (or interpolated), zeros around the crop; a slice into its volume.',
  source: 'transforms.md §7.4 step 14; MONAI 0.8.1; `crop`: aiaa-api.md §4.3',
  args: z.strictObject({
    ...keysArguments,
    ref_image: fieldName,
    slice_only: stringyBoolean.default(false),
    mode: perKey(interpolationMode).default('nearest'),
    align_corners: perKey(stringyBoolean.nullable()).default(null),
    ...metadataArguments,
    start_coord_key: withoutEffect('metadata', z.string().optional()),
    end_coord_key: withoutEffect('metadata', z.string().optional()),
    original_shape_key: withoutEffect('metadata', z.string().optional()),
    cropped_shape_key: withoutEffect('metadata', z.string().optional()),
    restore_resizing: all,
    restore_cropping: all,
    restore_spacing: all,
    restore_slicing: all,
  }),
  slicewise: (args) => ({ ...args, slice_only: true }),
  apply(sample, args) {
    const reference = sample.volume(args.ref_image);
    const crop = lastStep<GuidedCrop>(sample, 'SpatialCropGuidanced', args.ref_image);
    const fetched = lastStep<{ slice: number }>(sample, 'Fetch2DSliced', args.ref_image);
    const original = reference.properties.originalShape;
    if (!original) throw new Error(`"${args.ref_image}" has no original shape: it was not loaded from a file`);
    forEachKey(sample, args, (volume, index, key) => {
      const mode = valueFor(args.mode, index);
      const single = singleChannel(volume, key);
      const label =
        mode === 'nearest'
          ? single
          : interpolated(single, original, crop, mode, valueFor(args.align_corners, index) ?? false);
      const lookUps = lookUpsOf(single, original, crop);
      const lengths = fetched && args.slice_only ? [original[0], original[1], 1] : original;
      const restored = emptyLike(label, lengths, reference);
      const maps = mode === 'nearest' ? lookUps : identityMaps(label);
      pasteNearest(label, [maps.X, maps.Y, maps.Z], restored, args.slice_only ? 0 : (fetched?.slice ?? 0));
      const first = args.slice_only ? 0 : (fetched?.slice ?? 0);
      const slices = fetched ? [first, first + 1] : [0, lengths[2]];
      const [start, end] = slices.map((slice) => slice * lengths[0] * lengths[1]);
      markOccupied(restored.data, { start, end });
      if (!fetched && crop) sample.result.crop = ['X', 'Y', 'Z'].map((letter) => range(lookUps[letter]));
      return fetched && args.slice_only ? slicePlaysChannel(restored) : restored;
    });
  },
});

/** The same resizings with interpolation between: out of the network's grid, into the crop, out of the spacing. */
function interpolated(
  label: Volume,
  original: readonly number[],
  crop: GuidedCrop | undefined,
  mode: InterpolationMode,
  alignCorners: boolean,
): Volume {
  const inFile = [...spatialLetters(label)].map((letter) => original['XYZ'.indexOf(letter)]);
  const before = crop?.shape ?? spatialShape(label);
  const box = { start: crop?.start ?? before.map(() => 0), size: crop ? crop.end.map((end, d) => end - crop.start[d]) : before };
  // With a channel, so that depth in front is an axis like the others.
  const image = withChannelAxis(label, 'first');
  const cropped = resizeActed(image, box.size, mode, alignCorners);
  const whole = cutActed(cropped, { start: box.start.map((first) => -first), size: before });
  return channelView(resizeActed(whole, inFile, mode, alignCorners), 0);
} // prettier-ignore

function identityMaps(label: Volume): Record<string, Int32Array> {
  const shape = spatialShape(label);
  const entries = [...spatialLetters(label)].map((letter, d) => [letter, Int32Array.from({ length: shape[d] }, (_, i) => i)]);
  return Object.fromEntries(entries) as Record<string, Int32Array>;
} // prettier-ignore

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
