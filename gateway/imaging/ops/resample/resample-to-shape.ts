import type { NumericArray, Volume } from '../../volume';
import { channelAxis, sizeOf, spatialAxes, spatialShape } from '../../volume';
import { allocateLike } from '../copy/blocks';
import { memoryOrder } from '../copy/layout';
import { copyBox } from '../../simd/copy';
import { planeResizer } from './linear-planes';
import { dense } from './resample-spline';
import { resizeSpline } from './resize-spline';
import type { SplineOrder } from './spline-axis';

export interface ToShapeOptions {
  /** In the planes of the slices. nnU-Net's default is 3 for images, 1 for scores and labels. */
  order: SplineOrder;
  /** Slice by slice always, never, or (null) where the spacing says so. @default null */
  forceSeparateZ?: boolean | null;
  /** Largest spacing divided by the smallest, above which slices are resampled by themselves. @default 3 */
  threshold?: number;
  /** Rounds the result to half precision, as scores are stored. @default false */
  half?: boolean;
}

/**
 * The axis across which nnU-Net 2.8 resamples slice by slice (there by the nearest slice); undefined where it resamples all axes alike.
 * @param current,next spacing (mm) per axis before and after
 */
export function separateAxis(
  current: readonly number[],
  next: readonly number[],
  { forceSeparateZ = null, threshold = 3 }: Partial<ToShapeOptions> = {},
): number | undefined {
  const isAnisotropic = (spacing: readonly number[]) => Math.max(...spacing) / Math.min(...spacing) > threshold;
  const decides =
    forceSeparateZ === null ? [current, next].find(isAnisotropic) : forceSeparateZ ? current : undefined;
  const largest = decides?.flatMap((mm, d) => (mm === Math.max(...decides) ? [d] : []));
  return largest?.length === 1 ? largest[0] : undefined;
} // prettier-ignore

/** Orders per axis: 0 across separate slices. */
export function ordersOf(order: SplineOrder, separate: number | undefined): SplineOrder[] {
  return [0, 1, 2].map((d) => (d === separate ? 0 : order));
}

/**
 * nnU-Net 2.8's `resample_data_or_seg_to_shape` of images and scores, for `order_z` 0: all channels of a volume of three axes. An equal shape gives the
 * volume back. Equal in every bit for orders 0 and 1, see {@link resizeSpline} for 3.
 * @param current,next spacing (mm) per axis, in the order of the array
 */
export function resampleToShape(
  volume: Volume,
  lengths: readonly number[],
  current: readonly number[],
  next: readonly number[],
  options: ToShapeOptions,
): Volume {
  if (spatialShape(volume).every((n, d) => n === lengths[d])) return volume;
  const axis = separateAxis(current, next, options);
  const from = axis === undefined ? volume : withSlowest(volume, spatialAxes(volume)[axis]);
  return resizeSpline(from, lengths, { order: ordersOf(options.order, axis), half: options.half });
}

/** The volume with its slices across an axis one after the other. */
function withSlowest(volume: Volume, slowest: number): Volume {
  const channel = channelAxis(volume);
  const order = memoryOrder(volume).filter((d) => d !== slowest && d !== channel);
  const all = [...order, slowest, ...(channel < 0 ? [] : [channel])];
  const strides = volume.shape.map((_, d) => all.slice(0, all.indexOf(d)).reduce((step, a) => step * volume.shape[a], 1)); // prettier-ignore
  if (strides.every((step, d) => volume.shape[d] === 1 || step === volume.strides[d])) return volume;
  const data = allocateLike(volume.data, sizeOf(volume.shape));
  copyBox(volume.shape, { data: volume.data, at: 0, strides: volume.strides }, { data, at: 0, strides });
  return { ...volume, data, strides };
}

/**
 * The same for a map of labels without channels (`resize_segmentation` of batchgenerators 0.25.5): the label whose indicator has the greatest resized
 * value; of equals the nearest voxel's, else the smallest. A mark of -1 is a label as any other.
 */
export function resampleLabelsToShape(
  volume: Volume,
  lengths: readonly number[],
  current: readonly number[],
  next: readonly number[],
  { order, ...options }: ToShapeOptions & { order: 0 | 1 },
): Volume {
  if (spatialShape(volume).every((n, d) => n === lengths[d])) return volume;
  const orders = ordersOf(order, separateAxis(current, next, options)) as (0 | 1)[];
  const nearest = resizeSpline(volume, lengths, { order: 0 });
  if (order === 0) return nearest;
  const source = dense(volume);
  const memory = memoryOrder(source).reverse();
  const inOrder = <T>(list: readonly T[]) => memory.map((d) => list[d]);
  const resizer = planeResizer(inOrder(source.shape), inOrder(lengths), inOrder(orders), { rounded: 'not at all' });
  const [, rows, columns] = inOrder(source.shape);
  const made = inOrder(lengths);
  const size = made[1] * made[2];
  const plane = (z: number) => source.data.subarray(z * rows * columns, (z + 1) * rows * columns) as NumericArray;
  const labelsIn = Array.from({ length: source.shape[memory[0]] }, (_, z) => new Set(plane(z)));
  const data = allocateLike(source.data, sizeOf(lengths));
  const strides = lengths.map((_, d) => made.slice(memory.indexOf(d) + 1).reduce((step, n) => step * n, 1));
  copyBox(lengths, { data: nearest.data, at: 0, strides: nearest.strides }, { data, at: 0, strides });
  const scores = new Float64Array(size);
  const [best, ofNearest] = [new Float64Array(size), new Float64Array(size)];
  const winner = allocateLike(source.data, size);
  for (let k = 0; k < made[0]; k++) {
    const [first, last] = resizer.needs(k);
    const labels = [...new Set([...labelsIn[first], ...labelsIn[last]])].sort((a, b) => a - b);
    const out = data.subarray(k * size, (k + 1) * size) as NumericArray;
    if (labels.length === 1) continue;
    best.fill(0);
    for (const label of labels) {
      resizer.make(k, (z) => Uint8Array.from(plane(z), (value) => (value === label ? 1 : 0)), scores);
      for (let i = 0; i < size; i++) {
        if (out[i] === label) ofNearest[i] = scores[i];
        if (scores[i] > best[i]) [best[i], winner[i]] = [scores[i], label];
      }
    }
    for (let i = 0; i < size; i++) if (ofNearest[i] !== best[i]) out[i] = winner[i];
  }
  return { ...volume, data, shape: [...lengths], strides };
}
