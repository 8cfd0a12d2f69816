import { IDENTITY } from '../../gateway/imaging/geometry';
import { encodeNifti } from '../../gateway/imaging/formats/nifti/write-nifti';
import type { Affine } from '../../gateway/imaging/volume';
import { rampVolume } from '../transforms/deepgrow-samples';

/** The ramp of the golden programs as a `.nii.gz`, with voxel sizes in mm and axes that run somewhere else than R, A, S. */
export function rampNifti(
  shape: readonly number[],
  spacing: readonly number[],
  directions = leftHanded,
): Promise<Buffer> {
  const affine: Affine = IDENTITY.map((value, at) => {
    if (at >= 12) return value;
    const [row, column] = [Math.floor(at / 4), at % 4];
    return column === 3 ? [-31, 42, 17][row] : directions[row][column] * spacing[column];
  });
  return encodeNifti({ ...rampVolume(shape, spacing), affine }, { dtype: 'float32', affine });
}

/** Axis 0 runs to the feet, 1 to the left, 2 to the front: an oblique-free volume that is neither RAS nor LPS. */
const leftHanded = [
  [0, -1, 0],
  [0, 0, 1],
  [-1, 0, 0],
];
