/** Voxel storage, BOOL as Uint8Array. 64-bit integers are converted when a file is decoded. */
export type NumericArray =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** Row-major 4x4 matrix, voxel index -> RAS millimetres. 16 numbers in float64. */
export type Affine = readonly number[];

/**
 * Order of a volume's axes: `C` channel, `X Y Z` the file's spatial axes; 2-D images have no `Z`. DeepGrow's volumes are depth first (`ZXY`): MONAI moves the
 * last axis of an image without channels to the front, where slices replace channels in 2-D steps; affine and `originalShape` belong to the letters.
 */
export type Axes = 'XYZ' | 'CXYZ' | 'XYZC' | 'XY' | 'CXY' | 'XYC' | 'ZXY' | 'CZXY' | 'ZXYC';

/** Facts of the file that later steps need. Lengths are voxels, affines voxel -> RAS mm. */
export interface VolumeProperties {
  /** Affine of the array as it stands in the file, before canonical reorientation. */
  originalAffine?: Affine;
  /** True when the loader reoriented the array to the closest canonical (RAS+) axes. */
  asCanonical?: boolean;
  /** Spatial shape right after loading (after canonical reorientation, before any resampling). */
  originalShape?: readonly number[];
  /** Channel axis of the file's array: a number, or `no_channel`. */
  originalChannelDim?: number | 'no_channel';
  /** True for a picture whose first axis is its columns; files have rows first. */
  columnsFirst?: boolean;
  /** Name of the file the client sent. */
  filename?: string;
  /** The file's header in its own terms; the writer copies sform, qform, units and codes from it. */
  header?: unknown;
}

/**
 * `shape[d]` and `strides[d]` (in elements) belong to the axis `axes[d]`; element (i,j,k) is `data[i*strides[0] + j*strides[1] + k*strides[2]]`. NIfTI voxels
 * stay in file order (X fastest: strides [1, nx, nx*ny]) until a tensor or a window is cut out of them in C order.
 */
export interface Volume<T extends NumericArray = NumericArray> {
  data: T;
  shape: readonly number[];
  strides: readonly number[];
  axes: Axes;
  /** Voxel -> RAS mm of the array as it stands now; absent for images without geometry (PNG). */
  affine?: Affine;
  properties: VolumeProperties;
}

/** Number of elements of a shape; the empty shape has one. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Strides of an array whose first axis is the fastest (NIfTI, Fortran order). */
export function firstAxisFastest(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = 0; d < shape.length; d++) {
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

/** Strides of an array whose last axis is the fastest (C order, what Triton expects). */
export function lastAxisFastest(shape: readonly number[]): number[] {
  return firstAxisFastest(shape.toReversed()).reverse();
}

/** Position of the channel axis, or -1. */
export function channelAxis(volume: Pick<Volume, 'axes'>): number {
  return volume.axes.indexOf('C');
}

/** Positions of the spatial axes, in the order of the array: X, Y[, Z], or Z, X, Y when depth comes first. */
export function spatialAxes(volume: Pick<Volume, 'axes'>): number[] {
  return [...volume.axes].flatMap((axis, d) => (axis === 'C' ? [] : [d]));
}

/** Lengths of the spatial axes in voxels, in the order of the array. */
export function spatialShape(volume: Pick<Volume, 'axes' | 'shape'>): number[] {
  return spatialAxes(volume).map((d) => volume.shape[d]);
}

/** The letters of the spatial axes, in the order of the array. */
export function spatialLetters(volume: Pick<Volume, 'axes'>): string {
  return volume.axes.replace('C', '');
}

/** Number of channels; 1 when there is no channel axis. */
export function channelCount(volume: Pick<Volume, 'axes' | 'shape'>): number {
  const axis = channelAxis(volume);
  return axis < 0 ? 1 : volume.shape[axis];
}

/** A view on one channel: same data from an offset, no channel axis. The volume must have a channel axis. */
export function channelView(volume: Volume, channel: number): Volume {
  const axis = channelAxis(volume);
  const drop = (list: readonly number[]) => list.filter((_, d) => d !== axis);
  return {
    ...volume,
    data: volume.data.subarray(channel * volume.strides[axis]) as NumericArray,
    shape: drop(volume.shape),
    strides: drop(volume.strides),
    axes: volume.axes.replace('C', '') as Axes,
  };
}

/** The volume with a channel axis of length 1 put in at `position`; no data is copied. */
export function withChannelAxis(volume: Volume, position: 'first' | 'last'): Volume {
  if (channelAxis(volume) >= 0) return volume;
  const length = sizeOf(volume.shape);
  return position === 'first'
    ? { ...volume, shape: [1, ...volume.shape], strides: [length, ...volume.strides], axes: `C${volume.axes}` as Axes }
    : { ...volume, shape: [...volume.shape, 1], strides: [...volume.strides, length], axes: `${volume.axes}C` as Axes };
}

/** The volume with its axes in another order (a permutation of the same letters); no data is copied. */
export function reorderAxes(volume: Volume, axes: Axes): Volume {
  const from = [...axes].map((axis) => volume.axes.indexOf(axis));
  return { ...volume, axes, shape: from.map((d) => volume.shape[d]), strides: from.map((d) => volume.strides[d]) };
}
