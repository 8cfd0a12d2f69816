import { arrayOf, type VoxelType, valueTypes } from '../../imaging/formats/value-types';
import { packArray } from '../../imaging/formats/packed/packed-array';
import { copyBox } from '../../imaging/simd/copy';
import { firstAxisFastest, sizeOf, type Volume } from '../../imaging/volume';
import type { InteractionJob } from '../../interaction';
import { say } from '../../sentence';
import { singleChannel } from '../../transforms/channels';
import { RequestError, type Sample } from '../../transforms/sample';
import { keepResult, type ResultFile } from '../result-file';
import { placeOnInputGrid } from '../writers/input-grid';
import {
  boxedMask,
  changedBox,
  cut,
  inSlice,
  readMask,
  sizeOfBox,
  union,
  without,
  writeMask,
  type BoxedMask,
} from './boxed-mask';
import { keepWhole } from './whole-mask';

export interface MaskAnswer {
  /** The changed part of the mask, packed; none where nothing changed. */
  file?: ResultFile;
  json: { bbox: number[][] | null };
}

/** Keeps the mask that a model has made of the prompts, and answers with what the client has not got of it. */
export async function answerPrompts(sample: Sample, field: string, job: InteractionJob, directory: string): Promise<MaskAnswer> {
  const { volume } = placeOnInputGrid(singleChannel(sample.volume(field), field), sample);
  const grid = job.shape.toReversed();
  if (volume.shape.length !== grid.length || volume.shape.some((length, d) => length !== grid[d]))
    throw new RequestError(say`the model gives a mask of ${volume.shape.join(' x ')} voxels for an image of ${grid.join(' x ')}; interactive sessions need one on the grid of the image`);
  const values = inClientOrder(volume);
  const { label } = job;
  const found = boxedMask(label === undefined ? values : values.map((value) => (value === label ? 1 : 0)), job.shape);
  const mask = job.clicks ? await withWhatWasThere(found, job.clicks, job) : found;
  await writeMask(job.folder, job.result, mask);
  return changes(mask, job, directory);
} // prettier-ignore

/**
 * A model that knows clicks alone makes its mask anew each time. What it finds is added to the initial mask, after the unwanted was taken from that; where it
 * answers one slice, the others stay.
 */
async function withWhatWasThere(found: BoxedMask, { slice, unwanted }: NonNullable<InteractionJob['clicks']>, job: InteractionJob): Promise<BoxedMask> {
  const read = (name: string | undefined) => readMask(job.folder, name);
  const kept = without(await read(job.initial), await read(unwanted));
  if (slice === undefined) return union(found, kept);
  const before = await read(job.mask);
  const others = without(before, inSlice(before, slice));
  return union(others, union(inSlice(found, slice), inSlice(kept, slice)));
} // prettier-ignore

/** Answers with what the client has not got of the mask that the session has already. */
export async function answerMask(job: InteractionJob, directory: string): Promise<MaskAnswer> {
  return changes(await readMask(job.folder, job.mask), job, directory);
}

async function changes(mask: BoxedMask, job: InteractionJob, directory: string): Promise<MaskAnswer> {
  if (job.whole) return { file: await keepWhole(mask, job.whole, job.shape, directory), json: { bbox: null } };
  const box = changedBox(await readMask(job.folder, job.delivered), mask);
  if (!box) return { json: { bbox: null } };
  const voxels = cut(mask, box);
  const type: VoxelType = job.dtype in valueTypes ? (job.dtype as VoxelType) : 'uint8';
  const data = type === 'uint8' ? voxels : arrayOf(type, voxels.length);
  if (data !== voxels) data.set(voxels);
  const bytes = packArray(data, sizeOfBox(box), job.dtype);
  const file = await keepResult(bytes, { directory, name: 'answer.nnia', contentType: 'application/octet-stream' });
  return { file, json: { bbox: box.map((range) => [...range]) } };
}

/** The voxels with the file's x axis fastest: the array of the client, whose axes are the other way round. */
function inClientOrder({ data, shape, strides }: Volume): Volume['data'] {
  const wanted = firstAxisFastest(shape);
  if (strides.every((step, d) => step === wanted[d])) return data.subarray(0, sizeOf(shape)) as Volume['data'];
  const ordered = new (data.constructor as Float32ArrayConstructor)(sizeOf(shape)) as Volume['data'];
  copyBox(shape, { data, at: 0, strides }, { data: ordered, at: 0, strides: wanted });
  return ordered;
}
