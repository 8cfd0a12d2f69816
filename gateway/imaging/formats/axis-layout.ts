import { firstAxisFastest } from '../volume';
import type { Axes, Volume } from '../volume';

/** The axes of a file, by place: the fastest one has place 0. */
export interface FileAxes {
  /** Lengths of all axes. */
  sizes: readonly number[];
  /** Two or three axes of space, X first. */
  spatial: readonly number[];
  /** The axis of channels, wherever it lies; undefined when there is none. */
  channel?: number;
}

/** Shape and strides of a volume `XY`, `XYZ`, `XYC` or `XYZC` whose elements stay where the file has them. */
export function layoutOf({ sizes, spatial, channel }: FileAxes): Pick<Volume, 'shape' | 'strides' | 'axes'> {
  const strides = firstAxisFastest(sizes);
  const order = channel === undefined ? [...spatial] : [...spatial, channel];
  const axes = `${'XYZ'.slice(0, spatial.length)}${channel === undefined ? '' : 'C'}` as Axes;
  return { shape: order.map((d) => sizes[d]), strides: order.map((d) => strides[d]), axes };
}
