import { limitVoxels, VoxelLimitError } from '../../gateway/imaging/voxel-limit';
import { firstAxisFastest, type Affine, type Volume } from '../../gateway/imaging/volume';
import { run, sampleWith } from '../transforms/samples';

/** 4 × 4 × 4 voxels of this size in mm; `shear` tilts the third axis. */
function cube(size: readonly number[], shear = 0): Volume {
  const affine: Affine = [size[0], 0, shear, 0, 0, size[1], 0, 0, 0, 0, size[2], 0, 0, 0, 0, 1];
  const shape = [4, 4, 4];
  return { data: new Float32Array(64), shape, strides: firstAxisFastest(shape), axes: 'XYZ', affine, properties: {} };
}

const steps: [string, object][] = [
  ['ScaleByResolution', { fields: 'image', target_resolution: [1, 1, 1] }],
  ['Spacingd', { keys: 'image', pixdim: [1, 1, 1] }],
];

beforeAll(() => limitVoxels(1000));
afterAll(() => limitVoxels(Infinity));

test.each(steps)('%s to 1 mm: 2 mm voxels are within a limit of 1000, 4 mm voxels are not', async (name, args) => {
  const small = sampleWith({ image: cube([2, 2, 2]) });
  await run(small, name, args);
  expect(small.volume('image').data.length).toBeLessThanOrEqual(512);
  for (const volume of [cube([4, 4, 4]), cube([4, 4, 4], 2)])
    await expect(run(sampleWith({ image: volume }), name, args)).rejects.toThrow(VoxelLimitError);
});

test.each(steps)('%s: sizes that no array has are refused in the same way', async (name, args) => {
  for (const size of [1e9, 1e30, 3e38]) {
    const sample = sampleWith({ image: cube([1, 1, size]) });
    await expect(run(sample, name, args)).rejects.toThrow(/from 4 × 4 × 4 to .* million. Is the voxel size/);
  }
});
