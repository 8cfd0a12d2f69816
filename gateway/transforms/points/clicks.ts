import { heatMap } from '../../imaging/ops/labels/heat-map';
import {
  channelAxis,
  firstAxisFastest,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type Axes,
  type Volume,
} from '../../imaging/volume';
import { appendChannel } from '../channels';
import { requestPoints } from '../request';
import { RequestError, type Json, type RequestParams } from '../sample';
import { say } from '../../sentence';

/** Clicks of a request: whole voxel indices [i, j, k] of the uploaded file. */
export interface Clicks {
  foreground: number[][];
  background: number[][];
}

/** @param shape the file's, i j k @throws RequestError when there are none, or one lies outside the image */
export function requestClicks(params: RequestParams, names: ClickNames, shape: readonly number[]): Clicks {
  const foreground = requestPoints(params, names.foreground, 3) ?? [];
  const background = requestPoints(params, names.background, 3) ?? [];
  if (foreground.length + background.length === 0) {
    throw new RequestError(
      say`this model needs clicks: {"${names.foreground}": [[i, j, k], ...], "${names.background}": [[i, j, k], ...]} with at least one point`,
    );
  }
  checkInside(names.foreground, foreground, shape);
  checkInside(names.background, background, shape);
  return { foreground, background };
}

/** Names of the parameters. */
type ClickNames = Record<keyof Clicks, string>;

/** @throws RequestError for the first point outside a file of this shape */
export function checkInside(name: string, points: readonly number[][], shape: readonly number[]): void {
  const outside = points.find((point) => point.some((index, d) => index < 0 || index >= shape[d]));
  if (!outside) return;
  throw new RequestError(
    say`the point [${outside.join(', ')}] of "${name}" lies outside the image, whose size is [${shape.join(', ')}]`,
  );
}

/**
 * The slice a 2-D model is to segment: the parameter `slice`, else that of `current_point` ([[i, j, k]] or [i, j, k]), else that of the last
 * foreground click, else of the last background click, which is what clients without `current_point` mean.
 * @throws RequestError when no click lies on that slice
 */
export function requestSlice(params: RequestParams, sliceKey: string, { foreground, background }: Clicks): number {
  const last = foreground.at(-1) ?? background.at(-1)!;
  const slice = namedSlice(params[sliceKey], sliceKey) ?? currentPoint(params)?.[2] ?? last[2];
  const clicked = new Set([...foreground, ...background].map((point) => point[2]));
  if (clicked.has(slice)) return slice;
  const list = [...clicked].sort((a, b) => a - b).join(', ');
  throw new RequestError(say`no click lies on slice ${slice}; the clicks sent are on slice ${list}`);
}

function namedSlice(sent: Json | undefined, name: string): number | undefined {
  if (sent === undefined || sent === null || sent === '') return undefined;
  const slice = typeof sent === 'string' ? Number(sent) : sent;
  if (typeof slice === 'number' && Number.isInteger(slice)) return slice;
  throw new RequestError(say`the parameter "${name}" must be the number of a slice, got ${JSON.stringify(sent)}`);
}

function currentPoint(params: RequestParams): number[] | undefined {
  const sent = params.current_point;
  const flat = Array.isArray(sent) && sent.length > 0 && !Array.isArray(sent[0]);
  return requestPoints({ current_point: flat ? [sent] : sent }, 'current_point', 3)?.at(-1);
}

/** `spatial_size` of a request (Slicer's expert option), or undefined. @throws RequestError when it is not two or three lengths */
export function requestSpatialSize(params: RequestParams): number[] | undefined {
  const sent = params.spatial_size;
  if (sent === undefined || sent === null || sent === '' || (Array.isArray(sent) && sent.length === 0))
    return undefined;
  const words = (text: string) => text.split(/[\s,[\]]+/).filter(Boolean);
  const list = typeof sent === 'string' ? words(sent).map(Number) : sent;
  const isLength = (value: Json) => typeof value === 'number' && Number.isInteger(value) && value > 0;
  if (Array.isArray(list) && (list.length === 2 || list.length === 3) && list.every(isLength)) return list as number[];
  throw new RequestError(
    say`the parameter "spatial_size" must be two or three lengths in voxels, got ${JSON.stringify(sent).slice(0, 200)}`,
  );
}

/** A channel on the grid of an image that is hot around points (`heatMap`). @param points whole indices in the order of the array's spatial axes */
export function heatChannel(
  image: Volume,
  points: readonly (readonly number[])[],
  options: Parameters<typeof heatMap>[2],
): Volume {
  const shape = spatialShape(image);
  const axes = spatialLetters(image) as Axes;
  return { ...image, data: heatMap(shape, points, options), shape, strides: firstAxisFastest(shape), axes };
}

/**
 * The first `intensities` channels of the image and after them one channel per list of clicks, 0 to 1 around its points (0 everywhere without
 * points). Points with a negative index stand for none.
 * @param clicks whole indices in the order of the array's spatial axes
 * @param sigma in voxels
 */
export function withClickChannels(
  volume: Volume,
  intensities: number,
  clicks: readonly (readonly number[][])[],
  sigma: number,
): Volume {
  const image = withChannelAxis(volume, 'first');
  const axis = channelAxis(image);
  const first = { ...image, shape: image.shape.with(axis, Math.min(intensities, image.shape[axis])) };
  const inside = (points: readonly number[][]) => points.filter((point) => point.every((index) => index >= 0));
  return clicks.reduce<Volume>(
    (all, points) => appendChannel(all, heatChannel(first, inside(points), { sigma, low: 0, high: 1 })),
    first,
  );
}
