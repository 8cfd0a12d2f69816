/** An image that would become larger than this server allows. */
export class VoxelLimitError extends Error {
  override readonly name = 'VoxelLimitError';
}

const MILLION = 1e6;

/** Of this thread; nothing is limited until a limit is set. */
let most = Infinity;

/** Sets the most voxels, over all channels, that resampling, padding or stacking files may make of one image in this thread. */
export function limitVoxels(voxels: number): void {
  most = voxels;
}

/**
 * To be called before memory and time are taken for a larger image: a header of a few bytes can claim voxels as large as houses.
 *
 * @param from lengths of the spatial axes as they are, for the message
 * @param to lengths they are to have; not finite when the voxel size is nonsense
 * @param step what makes it larger, for the message
 * @throws VoxelLimitError
 */
export function checkVoxels(
  from: readonly number[],
  to: readonly number[],
  channels: number,
  step: 'resampling' | 'padding' | 'stacking' | 'decoding' = 'resampling',
): void {
  const voxels = to.reduce((product, length) => product * length, channels);
  if (voxels <= most) return;
  const [old, wanted] = [from, to].map((lengths) => lengths.join(' × '));
  const of = channels > 1 ? ` in ${channels} channels` : '';
  const makes =
    step === 'decoding'
      ? `its header announces ${wanted} voxels${of}: ${Math.round(voxels / MILLION)} million, and the limit is ${most / MILLION} million.`
      : `${step} from ${old} to ${wanted} voxels${of} makes ${Math.round(voxels / MILLION)} million, and the limit is ${most / MILLION} million. Is the voxel size in its header right?`;
  throw new VoxelLimitError(makes);
}
