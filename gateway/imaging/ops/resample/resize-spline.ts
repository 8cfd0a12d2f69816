import type { Volume } from '../../volume';

/** Degree of the B-spline between samples: the nearest sample, linear, cubic with a prefilter. */
export type SplineOrder = 0 | 1 | 3;

/** How two grids of one axis lie: both span the same box, or both have their first and last samples on each other. */
export type SplineGrid = 'half-pixel' | 'corners';

export interface SplineOptions {
  /** One for all spatial axes, or one for each in the order of the array. With a 0 among others, slices across that axis are resized by themselves. */
  order: SplineOrder | readonly SplineOrder[];
  /** @default 'half-pixel' */
  grid?: SplineGrid;
  /** Keeps each channel (each slice across axes of order 0) within the range it had. @default true */
  clip?: boolean;
  /** Rounds the result to half precision, values stay in float32. @default false */
  half?: boolean;
}

/**
 * Resizes the spatial axes with B-splines, the edge repeated outside. float64 arithmetic, rounded once.
 * Half-pixel: scikit-image 0.26 `transform.resize(mode='edge', anti_aliasing=False)`; corners: SciPy 1.17 `ndimage.zoom(mode='nearest')`, with
 * `clip: false`. Orders 0 and 1 equal them in every bit when the memory order of the axes is that of the array (last axis fastest); order 3 sums in
 * another order, which after rounding shows in about one float32 of 10^8, in its last bit.
 * @param lengths of the spatial axes, in the order of the array
 * @returns axis letters, properties and order in memory of the volume
 */
export declare function resizeSpline(volume: Volume, lengths: readonly number[], options: SplineOptions): Volume<Float32Array>;

/** The axis across which nnU-Net 2.8 resamples slice by slice, if any. @param current,next spacing per axis (mm) @param force null decides by the ratio */
export declare function separateAxis(
  current: readonly number[],
  next: readonly number[],
  force?: boolean | null,
  threshold?: number,
): number | undefined;

export interface ToShapeOptions {
  /** In plane. nnU-Net: 3 for images, 1 for scores. */
  order: SplineOrder;
  /** Across slices. @default 0 */
  orderZ?: SplineOrder;
  /** @default null */
  forceSeparateZ?: boolean | null;
  /** @default 3 */
  threshold?: number;
  half?: boolean;
}

/** nnU-Net 2.8's `resample_data_or_seg_to_shape` of images and scores (not of labels): all channels. An equal shape gives the volume back. */
export declare function resampleToShape(
  volume: Volume,
  lengths: readonly number[],
  current: readonly number[],
  next: readonly number[],
  options: ToShapeOptions,
): Volume;

/** The same for a map of labels (`resize_segmentation` of batchgenerators 0.25.5), without channels; -1 is a label as any other. */
export declare function resampleLabelsToShape(
  volume: Volume,
  lengths: readonly number[],
  current: readonly number[],
  next: readonly number[],
  options: ToShapeOptions,
): Volume;

/** Makes planes of a resized volume, one at a time, of few planes of the source: orders 0 and 1. */
export interface PlaneResizer {
  /** Planes of the result. */
  planes: number;
  /** First and last plane of the source that plane `k` of the result is made of; neither falls as `k` rises. */
  needs(k: number): readonly [first: number, last: number];
  /** Plane `k` (last axis fastest). @param plane source plane of index z, last axis fastest; asked for those that `needs` names @param out room for it */
  make(k: number, plane: (z: number) => Float32Array, out: Float32Array): void;
}

/**
 * @param from lengths of the source, slowest axis in memory first
 * @param to lengths of the result
 * @param orders per axis (see {@link ToShapeOptions}: `separateAxis` gives the axis of order 0)
 */
export declare function planeResizer(
  from: readonly number[],
  to: readonly number[],
  orders: readonly (0 | 1)[],
  options?: { grid?: SplineGrid; half?: boolean },
): PlaneResizer;

/**
 * Labels of one plane of the result from scores of all heads: the greatest, of equals the first.
 * Memory: two planes of float32, whatever the number of heads.
 * @param plane source plane z of a head
 */
export declare function labelPlane(
  resizer: PlaneResizer,
  k: number,
  heads: number,
  plane: (head: number, z: number) => Float32Array,
  labels: Uint8Array | Uint16Array,
): void;
