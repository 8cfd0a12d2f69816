import { channelAxis, channelView, sizeOf, spatialAxes, type NumericArray, type Volume } from '../../volume';
import { packed } from '../copy/blocks';
import { isDense } from '../copy/layout';
import { valueRange } from '../intensity/measures';
import { floatsOf, inMemoryOrder, madeByChannel, type Three } from './channels';
import { sameAxis, type SplineAxis } from './spline-axis';
import { lengthOf, resampleChannel } from './spline-passes';

/** The bounds of the result: none, the range of its channel, or that of the plane across the slowest axis in memory that it comes from. */
export type Clip = 'no' | 'channel' | 'plane';

/**
 * Resamples along each spatial axis with its own operator, in float64 and rounded once. Axes without an operator keep their samples. The order of the
 * voxels in memory, the affine and the properties are kept.
 * @param axes one per spatial axis, in the order of the array
 * @param half rounds to half precision; the result is float32 all the same
 */
export function resampleSpline(
  given: Volume,
  axes: readonly (SplineAxis | undefined)[],
  { clip = 'no', half = false }: { clip?: Clip; half?: boolean } = {},
): Volume<Float32Array> {
  const volume = dense(given);
  const full = spatialAxes(volume).map((d, n) => axes[n] ?? sameAxis(volume.shape[d]));
  return madeByChannel(volume, full.map(lengthOf), 'as given', floatsOf, (from, to) => {
    // An axis that becomes one voxel long would not be where it lies in the source.
    const ordered = inMemoryOrder(from);
    const all = ordered(full, sameAxis(1));
    const ranges = rangesOf(from, all, clip);
    resampleChannel(from.data, ordered(from.strides, 0), all, to.data, ordered(to.strides, 0), { ranges, half });
  });
}

/** The volume with each channel in one block; copied only when it lies otherwise. */
export function dense(volume: Volume): Volume {
  return isDense(channelAxis(volume) < 0 ? volume : channelView(volume, 0)) ? volume : packed(volume);
}

/** The range for each plane of the result. */
function rangesOf({ data, shape }: Volume, [, , z]: Three<SplineAxis>, clip: Clip): (readonly [number, number])[] {
  const planes = lengthOf(z);
  const part = (from: number, to: number) => valueRange(data.subarray(from, to) as NumericArray);
  const size = sizeOf(shape);
  if (clip === 'no') return new Array(planes).fill([-Infinity, Infinity]) as [number, number][];
  if (clip === 'channel') return new Array(planes).fill(part(0, size)) as [number, number][];
  const plane = size / z.n;
  const each = Array.from({ length: z.n }, (_, at) => part(at * plane, (at + 1) * plane));
  return Array.from({ length: planes }, (_, k) => each[z.indices[k * z.taps] - z.before]);
}
