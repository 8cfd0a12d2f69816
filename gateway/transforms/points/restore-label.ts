import { allocate, type ArrayConstructor } from '../../arena';
import { markOccupied } from '../../imaging/occupied';
import { nearestFloat32Map } from '../../imaging/ops/resample/axis-maps';
import { pasteNearest } from '../../imaging/ops/resample/paste-nearest';
import {
  channelView,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type NumericArray,
  type Volume,
} from '../../imaging/volume';
import { fieldName, off, onKeys, only, perKey, valueFor } from '../arguments';
import { singleChannel } from '../channels';
import { changeImages, monai } from '../definition';
import { cutActed } from '../grid/boxes';
import { alignCornersArgument, interpolationMode, resizeActed, type InterpolationMode } from '../grid/resizing';
import { cropKeys, guidedSteps, type GuidedCrop } from './deepgrow';

const all = only(true, 'a prediction goes all the way back to the grid of the file');

/**
 * Undoes resizing, crop, spacing and slicing of the reference image, nearest voxel each: the three resizings of the reference are made as
 * one look-up per axis. A 3-D result answers `crop`, the box of file voxels it speaks about, so that a client leaves the others as they are.
 */
monai({
  name: 'RestoreLabeld',
  aliases: ['RestoreCroppedLabeld'],
  summary:
    'Brings a prediction back to the grid of the file, depth first: nearest voxel (or interpolated), zeros around the crop; a slice into its volume.',
  example: { ref_image: 'image', mode: 'nearest' },
  args: onKeys({
    ref_image: fieldName,
    slice_only: off,
    mode: perKey(interpolationMode).default('nearest'),
    align_corners: alignCornersArgument,
    ...cropKeys,
    restore_resizing: all,
    restore_cropping: all,
    restore_spacing: all,
    restore_slicing: all,
  }),
  slicewise: (args) => ({ ...args, slice_only: true }),
  apply(sample, args, options) {
    const reference = sample.volume(args.ref_image);
    const { crop, slice } = guidedSteps(sample, args.ref_image);
    const original = reference.properties.originalShape;
    if (!original) throw new Error(`"${args.ref_image}" has no original shape: it was not loaded from a file`);
    changeImages('RestoreLabeld', sample, args, options, (volume, { field, index }) => {
      const mode = valueFor(args.mode, index);
      const alignCorners = valueFor(args.align_corners, index) ?? false;
      const single = singleChannel(volume, field);
      const label = mode === 'nearest' ? single : interpolated(single, original, crop, mode, alignCorners);
      const lookUps = lookUpsOf(single, original, crop);
      const isAlone = slice !== undefined && args.slice_only;
      const lengths = isAlone ? [original[0], original[1], 1] : original;
      const restored = emptyLike(label, lengths, reference);
      const maps = mode === 'nearest' ? lookUps : identityMaps(label);
      const first = args.slice_only ? 0 : (slice ?? 0);
      pasteNearest(label, [maps.X, maps.Y, maps.Z], restored, first);
      const plane = lengths[0] * lengths[1];
      const end = (slice === undefined ? lengths[2] : first + 1) * plane;
      markOccupied(restored.data, { start: slice === undefined ? 0 : first * plane, end });
      if (slice === undefined && crop) sample.result.crop = ['X', 'Y', 'Z'].map((letter) => range(lookUps[letter]));
      // The slice plays the channel.
      return isAlone ? { ...restored, axes: 'CXY' } : restored;
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
  const start = crop?.start ?? before.map(() => 0);
  const size = crop ? crop.end.map((end, d) => end - crop.start[d]) : before;
  // With a channel, so that depth in front is an axis like the others.
  const image = withChannelAxis(label, 'first');
  const cropped = resizeActed(image, size, mode, alignCorners);
  const whole = cutActed(cropped, { start: start.map((first) => -first), size: before });
  return channelView(resizeActed(whole, inFile, mode, alignCorners), 0);
}

/** A map for each spatial axis, by its letter. */
function mapsOf(label: Volume, map: (length: number, letter: string, d: number) => Int32Array) {
  const shape = spatialShape(label);
  const entries = [...spatialLetters(label)].map((letter, d) => [letter, map(shape[d], letter, d)] as const);
  return Object.fromEntries(entries) as Record<string, Int32Array>;
}

const identityMaps = (label: Volume) => mapsOf(label, (length) => Int32Array.from({ length }, (_, i) => i));

/** For each axis of the label, by letter: for every index of the file the label's index, or -1 outside the crop. */
function lookUpsOf(label: Volume, original: readonly number[], crop: GuidedCrop | undefined) {
  return mapsOf(label, (length, letter, d) => {
    const before = crop?.shape[d] ?? length;
    const [start, end] = [crop?.start[d] ?? 0, crop?.end[d] ?? before];
    const undoResize = nearestFloat32Map(length, end - start);
    const undoSpacing = nearestFloat32Map(before, original['XYZ'.indexOf(letter)]);
    return undoSpacing.map((at) => (at >= start && at < end ? undoResize[at - start] : -1));
  });
}

/** A depth-first volume of zeros whose voxels lie in file order, on the file's grid. */
function emptyLike(label: Volume, [nx, ny, nz]: readonly number[], { properties }: Volume): Volume {
  return {
    data: allocate(label.data.constructor as ArrayConstructor<NumericArray>, nx * ny * nz),
    shape: [nz, nx, ny],
    strides: [nx * ny, 1, nx],
    axes: 'ZXY',
    affine: properties.originalAffine,
    properties: { ...properties, asCanonical: false },
  };
}

/** First and last index + 1 that the crop holds. */
function range(lookUp: Int32Array): [number, number] {
  const first = lookUp.findIndex((at) => at >= 0);
  return [first, lookUp.findLastIndex((at) => at >= 0) + 1];
}
