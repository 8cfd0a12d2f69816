import type { Affine, Volume } from '../../gateway/imaging/volume';
import { checkOneGrid } from '../../gateway/transforms/one-grid';

const volume = (shape: number[], affine?: Affine): Volume => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape, strides: [1, shape[0], shape[0] * shape[1]], axes: 'XYZ', affine, properties: {} }); // prettier-ignore
const grid = (spacing: number, x: number): Affine => [spacing, 0, 0, x, 0, 1, 0, 2, 0, 0, 3, -4, 0, 0, 0, 1];

test('images of one grid, or without geometry, go together', () => {
  expect(() =>
    checkOneGrid([volume([4, 3, 2], grid(1, 5)), volume([4, 3, 2], grid(1, 5.05))], ['a', 'b']),
  ).not.toThrow();
  expect(() => checkOneGrid([volume([4, 3, 2], grid(1, 5)), volume([4, 3, 2])], ['a', 'b'])).not.toThrow();
});

test.each([
  ['other lengths', volume([4, 3, 3], grid(1, 5))],
  ['another place', volume([4, 3, 2], grid(1, 5.2))],
  ['other voxels', volume([4, 3, 2], grid(1.04, 5))],
])('%s are refused with both geometries', (_, other) => {
  expect(() => checkOneGrid([volume([4, 3, 2], grid(1, 5)), other], ['ct', 'pet'])).toThrow(
    /"pet" and "ct" do not lie on one grid: 4 x 3 x [23] voxels \(axes XYZ\) of 1(\.04)? x 1 x 3 mm from \(5(\.2)?, 2, -4\) along \(1, 0, 0\) .*, and 4 x 3 x 2 voxels .*; resample/,
  );
});
