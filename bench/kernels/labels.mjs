import { kernels } from './kernels.mjs';

const { largestComponents } = kernels;
const { keepLargestComponent } = kernels;
const { fillHoles } = kernels;
const { foregroundBox } = kernels;
const { extremePoints } = kernels;
const { labelBoxes } = kernels;
const { deepestVoxel } = kernels;

/** Slices for which the slowest references need seconds instead of minutes. */
const FEW = 50;

export const cases = [
  {
    name: 'largest component, faces, voxels above 150 HU',
    kernel: 'components',
    reference: 'scipy_component',
    by: 'scipy label, numpy bincount',
    tolerance: 0,
    reads: ['mask'],
    make:
      ({ mask }) =>
      () =>
        largestComponents(mask, 'faces'),
  },
  {
    name: 'largest component, corners too, voxels above 150 HU',
    kernel: 'components',
    reference: 'monai_component',
    by: 'MONAI, scikit-image label',
    tolerance: 0,
    reads: ['mask'],
    make:
      ({ mask }) =>
      () =>
        largestComponents(mask, 'full'),
  },
  {
    name: 'largest component of each of three labels',
    kernel: 'keep-largest-component',
    reference: 'monai_keep_largest',
    by: 'MONAI KeepLargestConnectedComponent',
    tolerance: 0,
    reads: ['labels'],
    make:
      ({ labels }) =>
      () =>
        keepLargestComponent(labels, { labels: [1, 2, 5], independent: 'each', connectivity: 'full' }).data,
  },
  {
    name: 'holes filled, faces, 512 × 512 × 50',
    kernel: 'fill-holes',
    reference: 'scipy_holes',
    by: 'scipy binary_fill_holes',
    rounds: 3,
    tolerance: 0,
    reads: ['mask'],
    make: (inputs) => filled(inputs, 'faces'),
  },
  {
    name: 'holes filled, corners too, 512 × 512 × 50',
    kernel: 'fill-holes',
    reference: 'monai_holes',
    by: 'MONAI fill_holes',
    rounds: 3,
    tolerance: 0,
    reads: ['mask'],
    make: (inputs) => filled(inputs, 'full'),
  },
  {
    name: 'box around a mask',
    kernel: 'foreground-box',
    reference: 'monai_box',
    by: 'MONAI generate_spatial_bounding_box',
    tolerance: 0,
    reads: ['mask'],
    make:
      ({ mask }) =>
      () => {
        const { first, last } = foregroundBox(mask);
        return [...first, ...last.map((index) => index + 1)];
      },
  },
  {
    name: 'extreme points of a mask (their extreme coordinates compared)',
    kernel: 'extreme-points',
    reference: 'monai_points',
    by: 'MONAI get_extreme_points',
    tolerance: 0,
    reads: ['mask'],
    make:
      ({ mask }) =>
      () => {
        const points = extremePoints(mask);
        return [2, 2, 1, 1, 0, 0].map((axis, n) => points[2 * axis + (n % 2)][axis]);
      },
  },
  {
    name: 'boxes around all labels, bytes',
    kernel: 'label-boxes',
    reference: 'scipy_boxes',
    by: 'scipy find_objects',
    tolerance: 0,
    reads: ['labels'],
    make:
      ({ labels }) =>
      () =>
        labelBoxes(labels.data, labels.shape).flatMap(({ label, first, last }) => [label, ...first, ...last]),
  },
  {
    name: 'deepest voxel of a slice of 512 × 512 (their depth compared)',
    kernel: 'deepest-voxel',
    reference: 'scipy_deepest',
    by: 'scipy distance_transform_edt',
    tolerance: 1e-12,
    reads: ['float'],
    compared: (at, { float, shape: [nx, ny] }) => [depthAt(maskOf(float, nx, ny), nx, ny, at)],
    make: ({ float, shape: [nx, ny] }) => {
      const mask = maskOf(float, nx, ny);
      return () => deepestVoxel(mask, nx, ny);
    },
  },
];

/** The kernel works in place: a copy is part of it, as it is of the reference. */
function filled({ bytes, shape: [nx, ny, nz] }, connectivity) {
  const slices = Math.min(nz, FEW);
  const mask = bytes.subarray(0, nx * ny * slices);
  return () => {
    const out = mask.slice();
    fillHoles(out, [nx, ny, slices], connectivity);
    return out;
  };
}

const maskOf = (float, nx, ny) => new Uint8Array(nx * ny).map((_, i) => (float.data[i] > -200 ? 1 : 0));

/** Distance in voxels from a voxel of a slice to the nearest outside it. */
function depthAt(mask, nx, ny, at) {
  if (!at) return 0;
  let least = Math.min(at[0] + 1, nx - at[0], at[1] + 1, ny - at[1]) ** 2;
  for (let y = 0; y < ny; y++)
    for (let x = 0; x < nx; x++)
      if (mask[y * nx + x] === 0) least = Math.min(least, (x - at[0]) ** 2 + (y - at[1]) ** 2);
  return Math.sqrt(least);
}
