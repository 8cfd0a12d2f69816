import { fail } from '../../errors';
import {
  channelCount,
  lastAxisFastest,
  reorderAxes,
  sizeOf,
  spatialLetters,
  withChannelAxis,
  type NumericArray,
  type Volume,
} from '../../imaging/volume';
import { pieces, type Box } from '../../imaging/ops/crop/boxes';
import { gather, type Padding } from '../../imaging/ops/copy/windows';
import type { ModelSpec, TensorBinding } from '../../model-spec';
import {
  allocateUnsetData,
  datatypeOfConfig,
  isDatatype,
  refusalOf,
  type Datatype,
  type TensorData,
} from '../../triton/datatypes';
import type { TritonTensorConfig } from '../../triton/model-config';
import type { Tensor, TensorReader } from '../../triton/tensor';
import type { WantedOutput } from '../../triton/transport';
import { checkOneGrid } from '../../transforms/one-grid';
import type { Sample } from '../../transforms/sample';
import { checkInputValues, numbersOf } from './network-values';
import { axesOf, boxOf, findLayout, tensorShape, withChannel, type TensorLayout } from './tensor-layout';

/** The image of the model's first input. @throws Error when those of the others do not lie on its grid */
export function firstInput({ inference }: ModelSpec, sample: Sample): Volume {
  const fields = inference.inputs.map(({ field }) => field);
  const images = fields.map((field) => sample.volume(field));
  checkOneGrid(images, fields);
  return images[0];
}

/** One input of the model: where its voxels come from and how windows of it are laid out. */
export interface BoundInput {
  tensor: string;
  datatype: Datatype;
  /** Axes in the order of the tensor, channel axis included unless the tensor has none. */
  image: Volume;
  layout: TensorLayout;
  window: readonly number[];
}

/**
 * Ties the image in a field to an input tensor of the model.
 * @param padding what will stand in where a window leaves the image
 * @throws BAD_TENSOR, IMAGE_DOES_NOT_FIT also when the tensor's type does not hold the image's values
 */
export function bindInput(
  spec: ModelSpec,
  { tensor, field }: TensorBinding,
  sample: Pick<Sample, 'volume' | 'warn'>,
  window: readonly number[],
  padding: Padding,
): BoundInput {
  const image = sample.volume(field);
  const config = configOf(spec, spec.triton?.input ?? [], tensor, `feeds the field "${field}"`);
  const layout = findLayout(spec, config, image, window);
  const datatype = datatypeOf(spec, config);
  checkInputValues(spec.name, { tensor, datatype, image, padding }, (sentence) => sample.warn(sentence));
  const { channel } = layout;
  // The axes stand as the tensor has them; nothing is copied.
  const arranged =
    channel === 'none' ? image : reorderAxes(withChannelAxis(image, channel), axesOf(layout, spatialLetters(image)));
  return { tensor, datatype, image: arranged, layout, window };
}

/**
 * Cuts windows into one tensor, row-major.
 * @param origins first voxel of each window, one number per spatial axis; outside the image `padding` stands in
 * @param array where the array of the tensor comes from. @default a new one
 */
export function cutWindows(
  input: BoundInput,
  origins: readonly number[][],
  padding: Padding,
  array: (datatype: Datatype, length: number) => TensorData = allocateUnsetData,
): Tensor {
  const { image, layout, window, datatype, tensor } = input;
  const channels = channelCount(image);
  const shape = tensorShape(layout, origins.length, channels, window);
  const data = array(datatype, sizeOf(shape));
  const size = boxOf(layout, channels, window);
  const boxes = origins.map((origin) => ({ start: boxOf(layout, 0, origin), size }));
  cutBoxes(image, boxes, padding, data);
  return { name: tensor, datatype, shape, data };
}

/** Boxes of one size, each row-major, one after the other. */
function cutBoxes(image: Volume, boxes: readonly Box[], padding: Padding, data: TensorData): void {
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  const voxels = wide ? new Float64Array(data.length) : (data as NumericArray);
  boxes.forEach(({ start, size }, index) => gather(image, start, size, voxels, index * sizeOf(size), padding));
  if (wide) voxels.forEach((value, at) => (data[at] = BigInt(Math.trunc(value))));
}

/** Elements of a part, and of the first spatial axis as many as fill a line of the cache where images have that axis densest. */
const PART = 1 << 20;
const LINE = 16;

/** The elements of the same tensor for a window at the image's first voxel, in parts that follow each other; each may change when the one after the next is asked for. */
export function* cutInParts({ image, layout, window, datatype }: BoundInput, padding: Padding): Generator<TensorData> {
  const size = boxOf(layout, channelCount(image), window);
  const ofIndex = sizeOf(size.slice(layout.channel === 'first' ? 2 : 1));
  const most = Math.min(Math.max(PART, LINE * ofIndex), sizeOf(size));
  const memories = [most, most].map((length) => allocateUnsetData(datatype, length));
  const start = size.map(() => 0);
  const boxes = [...pieces({ start, size }, most, [...size.keys()])].sort((a, b) => inOrder(a.start, b.start));
  for (const [n, box] of boxes.entries()) {
    const data = memories[n % 2].subarray(0, sizeOf(box.size)) as TensorData;
    cutBoxes(image, [box], padding, data);
    yield data;
  }
}

/** Of places, the last axis fastest. */
const inOrder = (a: readonly number[], b: readonly number[]) => {
  const d = a.findIndex((index, axis) => index !== b[axis]);
  return a[d] - b[d];
};

/**
 * A box of an output as an image.
 * @param box spatial; its elements follow each other in the tensor, but for the channels
 * @param item number of the image in the batch
 */
export function readBox(
  { reader, item, name }: { reader: TensorReader; item: number; name: string },
  layout: TensorLayout,
  box: Box,
  channels: number,
  { image, window, model }: { image: Volume; window: readonly number[]; model: string },
): Volume {
  const { datatype } = reader;
  const ofLayout = withChannel(layout);
  const count = sizeOf(box.size);
  const data = allocateUnsetData(datatype, count * channels);
  const strides = lastAxisFastest(window);
  const first = box.start.reduce((sum, index, d) => sum + index * strides[d], 0);
  const begin = item * channels * sizeOf(window);
  if (ofLayout.channel === 'last') reader.read(begin + first * channels, data);
  else
    for (let c = 0; c < channels; c++)
      reader.read(begin + c * sizeOf(window) + first, data.subarray(c * count, (c + 1) * count) as TensorData);
  const shape = tensorShape(ofLayout, 1, channels, box.size);
  return toVolume({ name, datatype, shape, data }, layout, box.size, image, model);
}

/** One output of the model as it is asked for; its channels are known when the config fixes them. */
export interface BoundOutput {
  tensor: string;
  field: string;
  datatype: Datatype;
  /** Number of channels, or undefined when only the answer tells. */
  channels?: number;
}

/** @throws BAD_TENSOR */
export function bindOutput(spec: ModelSpec, { tensor, field }: TensorBinding, layout: TensorLayout): BoundOutput {
  const config = configOf(spec, spec.triton?.output ?? [], tensor, `fills the field "${field}"`);
  const dims = spec.triton!.max_batch_size === 0 && layout.batched ? config.dims.slice(1) : config.dims;
  const spatial = layout.keptAxes.length;
  const channels = dims.length !== spatial + 1 ? undefined : dims[layout.channel === 'last' ? spatial : 0];
  const known = channels !== undefined && channels > 0 ? channels : undefined;
  return { tensor, field, datatype: datatypeOf(spec, config), channels: known };
}

/** The output to ask of Triton for `batch` windows: the exact shape when it is known, so that the answer can go through shared memory. */
export function wantedOutput(
  { tensor, datatype, channels }: BoundOutput,
  layout: TensorLayout,
  window: readonly number[],
  batch: number,
): WantedOutput {
  if (channels === undefined) return { name: tensor };
  return { name: tensor, expected: { datatype, shape: tensorShape(withChannel(layout), batch, channels, window) } };
}

/**
 * An output tensor as an image again: batch axis gone, dropped axes back, axes named. The scores of a classifier are an image of one voxel,
 * with a channel per class.
 * @throws BAD_TENSOR when it is neither
 */
export function toVolume(
  tensor: Tensor,
  { batched, channel, keptAxes }: TensorLayout,
  window: readonly number[],
  image: Volume,
  model: string,
): Volume {
  const data = numbersOf(tensor, model);
  const shape = tensor.shape.slice(batched ? 1 : 0);
  const kept = keptAxes.length;
  const isScores = shape.length < kept;
  const last = channel === 'last' && !isScores;
  const channels = isScores ? sizeOf(shape) : shape.length === kept ? 1 : shape[last ? kept : 0];
  if (isScores && shape.some((length) => length !== 1 && length !== channels)) {
    const what = `it has the shape [${tensor.shape.join(', ')}], which is neither an image nor one number per class`;
    throw fail('BAD_TENSOR', { tensor: tensor.name, model, what });
  }
  const keptShape = shape.length === kept ? shape : last ? shape.slice(0, kept) : shape.slice(1);
  const spatial = window.map((length, axis) => (isScores ? 1 : (keptShape[keptAxes.indexOf(axis)] ?? length)));
  const full = last ? [...spatial, channels] : [channels, ...spatial];
  const axes = axesOf({ channel: last ? 'last' : 'first' }, spatialLetters(image));
  const affine = isScores ? undefined : image.affine;
  return { data, shape: full, strides: lastAxisFastest(full), axes, affine, properties: {} };
}

function configOf(
  spec: ModelSpec,
  configs: readonly TritonTensorConfig[],
  tensor: string,
  role: string,
): TritonTensorConfig {
  const config = configs.find(({ name }) => name === tensor);
  if (config) return config;
  const what = `it ${role}, but the model has only ${configs.map(({ name }) => name).join(', ') || 'none'}`;
  throw fail('BAD_TENSOR', { tensor, model: spec.name, what });
}

function datatypeOf(spec: ModelSpec, { name, data_type: type }: TritonTensorConfig): Datatype {
  const datatype = datatypeOfConfig(type);
  if (isDatatype(datatype)) return datatype;
  throw fail('BAD_TENSOR', { tensor: name, model: spec.name, what: refusalOf(datatype) });
}
