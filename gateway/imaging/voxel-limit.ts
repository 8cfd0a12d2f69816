import { say, SaidError } from '../sentence';

/** An image that would become larger than this server allows. */
export class VoxelLimitError extends SaidError {
  override readonly name = 'VoxelLimitError';
}

const MILLION = 1e6;

/** Of this thread. */
let most = Infinity;

/** Sets how many voxels, over all channels, decoding, resampling, padding or stacking may make of one image in this thread. @default no limit */
export function limitVoxels(voxels: number): void {
  most = voxels;
}

/** The number that {@link limitVoxels} set. */
export const voxelLimit = (): number => most;

/**
 * To be called before memory is taken for a larger image: a header of a few bytes can claim any size. @throws VoxelLimitError
 * @param from lengths of the spatial axes, for the message @param to lengths they get; not finite when the voxel size is nonsense
 */
export function checkVoxels(
  from: readonly number[],
  to: readonly number[],
  channels: number,
  step: 'resampling' | 'padding' | 'stacking' | 'decoding' = 'resampling',
): void {
  const voxels = to.reduce((product, length) => product * length, channels);
  if (voxels <= most) return;
  const wanted = say`${to.join(' × ')} voxels${channels > 1 ? say` in ${channels} channels` : ''}`;
  const count = say`${Math.round(voxels / MILLION)} million, and the limit is ${most / MILLION} million`;
  if (step === 'decoding') throw new VoxelLimitError(say`its header announces ${wanted}: ${count}.`);
  const makes = say`${step} from ${from.join(' × ')} to ${wanted} makes ${count}`;
  throw new VoxelLimitError(say`${makes}. Is the voxel size in its header right?`);
}
