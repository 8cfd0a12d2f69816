import { spatialAxes, spatialLetters, type Volume } from '../../imaging/volume';

/**
 * MONAI takes the first axis of every array for its channels. In a depth-first volume without channels (`ZXY`) that is depth, so
 * spatial steps leave it alone and work within the slices.
 *
 * @returns the letters of the axes that are resampled, in the order of the array
 */
export function resampledLetters(volume: Volume): string {
  return volume.axes === 'ZXY' ? 'XY' : spatialLetters(volume);
}

/** Positions of those axes. */
export function actedAxes(volume: Volume): number[] {
  return volume.axes === 'ZXY' ? [1, 2] : spatialAxes(volume);
}

/** Their lengths. */
export function actedShape(volume: Volume): number[] {
  return actedAxes(volume).map((d) => volume.shape[d]);
}
