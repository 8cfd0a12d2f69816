/** An image that would become larger than this server allows. */
export class VoxelLimitError extends Error {
  override readonly name = 'VoxelLimitError';
}

const MILLION = 1e6;

/** Of this thread; nothing is limited until a limit is set. */
let most = Infinity;

/** Sets the most voxels, over all channels, that resampling may make of one image in this thread. */
export function limitVoxels(voxels: number): void {
  most = voxels;
}

/**
 * To be called before memory is taken for a resampled image: a header of a few bytes can claim voxels as large as houses.
 *
 * @param from lengths of the spatial axes as they are, for the message
 * @param to lengths they are to have; not finite when the voxel size is nonsense
 * @throws VoxelLimitError
 */
export function checkVoxels(from: readonly number[], to: readonly number[], channels: number): void {
  const voxels = to.reduce((product, length) => product * length, channels);
  if (voxels <= most) return;
  const [old, wanted] = [from, to].map((lengths) => lengths.join(' × '));
  const of = channels > 1 ? ` in ${channels} channels` : '';
  throw new VoxelLimitError(
    `resampling from ${old} to ${wanted} voxels${of} makes ${Math.round(voxels / MILLION)} million, and the limit is ${most / MILLION} million. Is the voxel size in its header right?`,
  );
}
