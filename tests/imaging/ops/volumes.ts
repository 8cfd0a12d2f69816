import { gather } from '../../../gateway/imaging/ops/copy/windows';
import { lastAxisFastest, sizeOf, type Axes, type NumericArray, type Volume } from '../../../gateway/imaging/volume';

/** Axes for a shape without channels. */
const AXES: Record<number, Axes> = { 2: 'XY', 3: 'XYZ' };

/** A volume of values given in C order, stored in the order of `memory` (axis numbers, fastest first; default: first axis fastest). */
export function volumeOf(
  shape: readonly number[],
  values: ArrayLike<number>,
  {
    axes = AXES[shape.length],
    memory = shape.map((_, d) => d),
    type = Float32Array as new (n: number) => NumericArray,
  } = {},
): Volume {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (const d of memory) {
    strides[d] = step;
    step *= shape[d];
  }
  const data = new type(step);
  const dense = lastAxisFastest(shape);
  for (let at = 0; at < step; at++) {
    const to = shape.reduce((sum, n, d) => sum + (Math.floor(at / dense[d]) % n) * strides[d], 0);
    data[to] = values[at];
  }
  return { data, shape, strides, axes, properties: {} };
}

/** `(index * 37) % 101` in C order: the test volume of the worked examples. */
export function testVolume(shape: readonly number[], options: Parameters<typeof volumeOf>[2] = {}): Volume {
  return volumeOf(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i * 37) % 101),
    options,
  );
}

/** All values in C order. */
export function inCOrder(volume: Volume): number[] {
  const out = new Float64Array(sizeOf(volume.shape));
  gather(volume, volume.shape.map(() => 0), volume.shape, out); // prettier-ignore
  return [...out];
}

/** All pairs equal up to `tolerance` times their size (or absolutely, below 1). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i] - expected[i]);
    if (!(distance <= tolerance * Math.max(1, Math.abs(expected[i]))))
      throw new Error(`at ${i}: ${actual[i]}, expected ${expected[i]}`);
  }
}
