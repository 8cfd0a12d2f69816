import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { announceImage } from '../../imaging/formats/announced-image';
import { encodeNifti } from '../../imaging/formats/nifti/write-nifti';
import { readPackedArray, type PackedHead } from '../../imaging/formats/packed/packed-array';
import { readStreamedArray } from '../../imaging/formats/packed/streamed-array';
import { voxelTypeOf } from '../../imaging/formats/value-types';
import { firstAxisFastest, sizeOf, type Affine, type Axes, type Volume } from '../../imaging/volume';
import { known, say } from '../../sentence';
import type { StageClock } from '../../telemetry/stages';
import { RequestError } from '../../transforms/sample';
import { translate } from '../chain';
import type { JobResult, ReceivedArrayJob } from '../job';
import { boxedMask, sizeOfBox, writeMask } from './boxed-mask';

/**
 * Unpacks an array of a client: an image into an uncompressed NIfTI file, a mask into a file of the session. Nothing says where such an image lies in the
 * patient: it is taken as an axial series, whose columns run to the left, rows to the back and slices to the head.
 * @returns its `shape`, and `voxels` of a mask that are set
 * @throws DISK_FULL, codes of images
 */
export async function runReceivedArrayJob(
  job: ReceivedArrayJob,
  clock: StageClock,
  room: (bytes: number) => Promise<void>,
): Promise<JobResult> {
  const { image, target, wanted, form } = job;
  const check = async (head: PackedHead) => {
    if (wanted.kind === 'image') checkImage(head.shape, form ? 3 : 4);
    else checkMask(head.shape, wanted.box ? sizeOfBox(wanted.box) : wanted.shape);
    await announceImage({ volume: headerOf(head.shape), bytes: head.bytes * (head.isHalf ? 3 : 1) + head.fileBytes });
  };
  const { data, shape } = await clock.measure('decode', () => translate(job, () => form ? readStreamedArray(image.path, form, check) : readPackedArray(image.path, check)));
  if (wanted.kind === 'mask') {
    const mask = boxedMask(data, wanted.box ? sizeOfBox(wanted.box) : wanted.shape, wanted.box?.map(([first]) => first));
    await clock.measure('write', () => writeMask(dirname(target), basename(target), mask));
    return { json: { shape, voxels: mask.data.reduce((sum, value) => sum + value, 0) } };
  }
  const volume = { ...headerOf(shape, wanted.spacing), data };
  await clock.measure('write', async () => {
    const content = await translate(job, () => encodeNifti(volume, { dtype: voxelTypeOf(data), compress: false }));
    await room(content.length);
    await writeFile(target, content);
  });
  return { json: { shape: form ? [1, ...shape] : shape } };
} // prettier-ignore

/** As a NIfTI file has it: the axes of the array the other way round, so that no voxel moves; several channels are its last axis. */
function headerOf(shape: readonly number[], spacing: readonly number[] = [1, 1, 1]): Omit<Volume, 'data'> {
  const lengths = (shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape).toReversed();
  const [x, y, z] = spacing.toReversed();
  const affine: Affine = [-x, 0, 0, 0, 0, -y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];
  return { shape: lengths, strides: firstAxisFastest(lengths), axes: (lengths.length === 4 ? 'XYZC' : 'XYZ') satisfies Axes, affine, properties: {} };
} // prettier-ignore

function checkImage(shape: readonly number[], axes: 3 | 4): void {
  if (shape.length !== axes && axes === 3) throw new RequestError(say`an image has three axes, slowest first, and this array has the shape [${shape.join(', ')}]`);
  if (shape.length !== axes) throw new RequestError(say`an image has four axes [channel, x, y, z], and this array has the shape [${shape.join(', ')}]`);
  if (sizeOf(shape) === 0) throw new RequestError(say`an image of the shape [${shape.join(', ')}] has no voxels`);
} // prettier-ignore

function checkMask(shape: readonly number[], expected: readonly number[]): void {
  if (shape.length === expected.length && shape.every((length, d) => length === expected[d])) return;
  throw new RequestError(say`the mask has the shape [${shape.join(', ')}], expected ${known(`[${expected.join(', ')}]`)}: that of the image, or of interaction_bbox where one is given`);
} // prettier-ignore
