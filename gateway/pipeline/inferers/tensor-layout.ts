import { fail } from '../../errors';
import { channelAxis, channelCount, spatialShape, type Axes, type Volume } from '../../imaging/volume';
import type { ModelSpec } from '../../model-spec';
import type { TritonTensorConfig } from '../../triton/model-config';

/** How windows of an image become the input tensor of a model. */
export interface TensorLayout {
  /** True when the tensor starts with a batch axis (Triton's own, or the first of the configured dims). */
  batched: boolean;
  /** Most windows in one tensor. */
  maxBatch: number;
  channel: 'first' | 'last' | 'none';
  /** Spatial axes the tensor keeps; a window axis of length 1 that the model does not have is left out. */
  keptAxes: number[];
}

/**
 * Finds the layout from the model's configured dims, the image and the window: the first reading in which every fixed dim agrees.
 * A 2-D model serves a 3-D image through a window with a 1 in it (such as [256,256,1]): that axis is dropped and windows become the batch.
 * @param window spatial lengths of one window, one per spatial axis of the image
 * @throws IMAGE_DOES_NOT_FIT naming dims, axes and window when no reading fits
 */
export function findLayout(
  spec: ModelSpec,
  input: TritonTensorConfig,
  image: Volume,
  window: readonly number[],
): TensorLayout {
  const maxBatchSize = spec.triton?.max_batch_size ?? 0;
  for (const layout of readings(image, window, input, maxBatchSize)) {
    const dims = tensorShape({ ...layout, batched: false }, 1, channelCount(image), window);
    const expected = maxBatchSize === 0 && layout.batched ? [-1, ...dims] : dims;
    const agrees = (dim: number, d: number) => dim === -1 || expected[d] === -1 || dim === expected[d];
    if (input.dims.length === expected.length && input.dims.every(agrees)) return layout;
  }
  const afterBatch = maxBatchSize > 0 ? ' after the batch axis' : '';
  const what =
    `the dims of ${input.name} are [${input.dims.join(', ')}]${afterBatch}, but the pre-transforms give an image with ${channelCount(image)} channel(s), ` +
    `axes ${image.axes} and spatial shape [${spatialShape(image).join(', ')}], sent in windows of [${window.join(', ')}]`;
  throw fail('IMAGE_DOES_NOT_FIT', { model: spec.name, what });
}

function* readings(
  image: Volume,
  window: readonly number[],
  input: TritonTensorConfig,
  maxBatchSize: number,
): Generator<TensorLayout> {
  const axis = channelAxis(image);
  const channels: TensorLayout['channel'][] = axis < 0 ? ['none', 'first', 'last'] : [axis === 0 ? 'first' : 'last'];
  const ones = window.flatMap((length, at) => (length === 1 ? [at] : []));
  for (let dropped = 0; dropped <= ones.length; dropped++) {
    const keptAxes = window.map((_, at) => at).filter((at) => !ones.slice(ones.length - dropped).includes(at));
    for (const channel of channels) {
      if (maxBatchSize === 0) yield { batched: false, maxBatch: 1, channel, keptAxes };
      const maxBatch = maxBatchSize || (input.dims[0] > 0 ? input.dims[0] : Infinity);
      yield { batched: true, maxBatch, channel, keptAxes };
    }
  }
}

/** Shape of the tensor that holds `batch` windows of `channels` channels. */
export function tensorShape(
  layout: TensorLayout,
  batch: number,
  channels: number,
  window: readonly number[],
): number[] {
  const spatial = layout.keptAxes.map((axis) => window[axis]);
  return [...(layout.batched ? [batch] : []), ...boxOf(layout, channels, spatial)];
}

/** Numbers per axis of an image in this layout: the spatial ones with the channel's own where its axis stands. */
export function boxOf(
  { channel }: Pick<TensorLayout, 'channel'>,
  ofChannel: number,
  spatial: readonly number[],
): number[] {
  if (channel === 'none') return [...spatial];
  return channel === 'first' ? [ofChannel, ...spatial] : [...spatial, ofChannel];
}

/** The axes of an image with channels in this layout. */
export const axesOf = ({ channel }: Pick<TensorLayout, 'channel'>, spatial: string) =>
  (channel === 'last' ? `${spatial}C` : `C${spatial}`) as Axes;

/** The layout of outputs, which have channels also where the input has none. */
export const withChannel = (layout: TensorLayout): TensorLayout =>
  layout.channel === 'none' ? { ...layout, channel: 'first' } : layout;
