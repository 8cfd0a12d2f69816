import { spatialShape, type NumericArray, type Volume } from '../../volume';
import { floatsOf, inMemoryOrder, madeByChannel } from './channels';
import type { PlaneResizer } from './linear-planes';
import { dense } from './resample-spline';
import { ordersOf, separateAxis, type ToShapeOptions } from './resample-to-shape';

/** The two samples that each new one is made of, and their weights. */
interface Axis {
  lower: Int32Array;
  upper: Int32Array;
  weights: Float32Array;
  shares: Float32Array;
}

const { fround } = Math;

/**
 * Resizes planes as torch 2.13's `interpolate` does on a CPU: linearly (`trilinear`, half-pixel, places in float32), or the nearest sample
 * (`nearest-exact`) where the order is 0. Innermost axis first, each sum a fused multiply-add in float32: equal in every bit for volumes; of slices torch takes
 * one of several loops, by their size and the number of threads, which differ in the last bit.
 * @param from,to lengths, slowest axis first
 */
export function torchResizer(from: readonly number[], to: readonly number[], orders: readonly number[]): PlaneResizer {
  const [z, y, x] = from.map((n, d) => axisOf(n, to[d], orders[d]));
  const [, my, mx] = to;
  const [, , nx] = from;
  const row = new Float32Array(2 * mx);
  const both = new Float32Array(2 * my * mx);

  /** A plane resized within itself. */
  const within = (plane: NumericArray, at: number) => {
    for (let j = 0; j < my; j++) {
      for (const [side, index] of [y.lower[j], y.upper[j]].entries())
        for (let i = 0, begin = index * nx; i < mx; i++)
          row[side * mx + i] = plane[begin + x.lower[i]] * x.weights[i] + fround(plane[begin + x.upper[i]] * x.shares[i]);
      join(row, mx, y.weights[j], y.shares[j], both, at + j * mx);
    }
  }; // prettier-ignore
  const make: PlaneResizer['make'] = (k, plane, out) => {
    within(plane(z.lower[k]), 0);
    if (z.shares[k] === 0) return out.set(both.subarray(0, my * mx));
    within(plane(z.upper[k]), my * mx);
    join(both, my * mx, z.weights[k], z.shares[k], out, 0);
  };
  return {
    lengths: to,
    needs: (k) => [z.lower[k], z.upper[k]],
    make,
    label(k, heads, plane, labels) {
      const [best, other] = [new Float32Array(my * mx), new Float32Array(my * mx)];
      labels.fill(0);
      make(k, (index) => plane(0, index), best);
      for (let head = 1; head < heads; head++) {
        make(k, (index) => plane(head, index), other);
        for (let i = 0; i < best.length; i++)
          if (other[i] > best[i]) {
            best[i] = other[i];
            labels[i] = head;
          }
      }
    },
  };
}

/** Two halves of an array as one, rounded to float32 as a fused multiply-add: the product of two float32 is exact in float64. */
function join(values: Float32Array, n: number, weight: number, share: number, out: Float32Array | Float64Array, at: number): void {
  for (let i = 0; i < n; i++) out[at + i] = fround(values[i] * weight + fround(values[n + i] * share));
} // prettier-ignore

function axisOf(n: number, m: number, order: number): Axis {
  const scale = fround(n / m);
  const lower = new Int32Array(m);
  const shares = new Float32Array(m);
  for (let j = 0; j < m; j++) {
    const place = order === 0 ? fround((j + 0.5) * scale) : Math.max(0, fround((j + 0.5) * scale - 0.5));
    lower[j] = Math.min(Math.floor(place), n - 1);
    if (order !== 0 && n !== m) shares[j] = Math.min(1, place - lower[j]);
  }
  return { lower, upper: lower.map((at, j) => (shares[j] === 0 ? at : Math.min(at + 1, n - 1))), weights: shares.map((share) => 1 - share), shares };
} // prettier-ignore

/**
 * nnU-Net 2.8's `resample_torch_fornnunet` of images, float32: slices by themselves where {@link separateAxis} says so.
 * @param current,next spacing (mm) per axis, in the order of the array
 */
export function resampleAsTorch(
  volume: Volume,
  lengths: readonly number[],
  current: readonly number[],
  next: readonly number[],
  options: Omit<ToShapeOptions, 'order'>,
): Volume {
  if (spatialShape(volume).every((n, d) => n === lengths[d])) return volume;
  const orders = ordersOf(1, separateAxis(current, next, options));
  return madeByChannel(dense(volume), lengths, 'as given', floatsOf, (from, to) => {
    const ordered = inMemoryOrder(from);
    const [source, target] = [ordered(from.shape, 1), ordered(to.shape, 1)].map((list) => list.toReversed());
    const resizer = torchResizer(source, target, ordered(orders, 0).toReversed());
    const [size, made] = [source[1] * source[2], target[1] * target[2]];
    const plane = (z: number) => from.data.subarray(z * size, (z + 1) * size) as NumericArray;
    for (let k = 0; k < target[0]; k++) resizer.make(k, plane, to.data.subarray(k * made, (k + 1) * made));
  });
}
