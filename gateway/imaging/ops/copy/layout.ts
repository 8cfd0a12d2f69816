import { firstAxisFastest, lastAxisFastest, sizeOf, type Axes, type NumericArray, type Volume } from '../../volume';

type Layout = Pick<Volume, 'shape' | 'strides'>;

/** Axis numbers, the densest in memory first. Axes of length 1 come last: their stride means nothing. */
export function memoryOrder({ shape, strides }: Layout): number[] {
  const key = (d: number) => (shape[d] === 1 ? Infinity : strides[d]);
  return shape.map((_, d) => d).sort((a, b) => (key(a) === key(b) ? a - b : key(a) < key(b) ? -1 : 1));
}

/** Strides of a gapless array of `shape` whose axes follow each other in memory as those of `like` do. */
export function stridesLike(like: Layout, shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (const d of memoryOrder(like)) {
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

/** True when the elements fill one gapless block from `data[0]` on, in any order of axes. */
export function isDense(volume: Layout): boolean {
  let step = 1;
  for (const d of memoryOrder(volume)) {
    if (volume.shape[d] === 1) continue;
    if (volume.strides[d] !== step) return false;
    step *= volume.shape[d];
  }
  return true;
}

/** The elements of `volume` as one block, not copied. @throws Error when it has gaps (one channel of interleaved ones): gather it first */
export function denseData(volume: Volume): NumericArray {
  if (!isDense(volume))
    throw new Error(`a volume with gaps between its elements (strides ${volume.strides.join(', ')})`);
  const size = sizeOf(volume.shape);
  return volume.data.length === size ? volume.data : (volume.data.subarray(0, size) as NumericArray);
}

/** Strides of a gapless array with its channels one after the other and, within each, the first spatial axis fastest (as in files). */
export function fileOrder(axes: Axes, shape: readonly number[]): number[] {
  return channelsSlowest(axes, shape, firstAxisFastest);
}

/** The same with the last spatial axis fastest (as in tensors with channels first). */
export function tensorOrder(axes: Axes, shape: readonly number[]): number[] {
  return channelsSlowest(axes, shape, lastAxisFastest);
}

function channelsSlowest(
  axes: Axes,
  shape: readonly number[],
  order: (spatial: readonly number[]) => number[],
): number[] {
  const channel = axes.indexOf('C');
  if (channel < 0) return order(shape);
  const spatial = shape.toSpliced(channel, 1);
  return order(spatial).toSpliced(channel, 0, sizeOf(spatial));
}
