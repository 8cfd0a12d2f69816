import {
  applyAffine,
  applyOrientation,
  canonicalAffine,
  closestCanonical,
  invert,
  ioOrientation,
  multiply,
  orientationBetween,
  polarFactor,
  revertCanonical,
  spacingOf,
} from '../../gateway/imaging/geometry';
import type { Orientation } from '../../gateway/imaging/geometry';
import { firstAxisFastest, lastAxisFastest } from '../../gateway/imaging/volume';
import type { Affine, Volume } from '../../gateway/imaging/volume';
import { largestDifference, voxelsOf } from './formats/voxels';

const oblique: Affine = [0.9, -0.4, 0.6, 10, 0.3, 1.8, -0.3, -20, -0.2, 0.2, 2.9, 30, 0, 0, 0, 1];

function counting(shape: number[], affine: Affine, strides = firstAxisFastest(shape)): Volume {
  const data = Int16Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i);
  return { data, shape, strides, axes: 'XYZ', affine, properties: {} };
}

test('an affine times its inverse is the identity', () => {
  const product = multiply(oblique, invert(oblique));
  expect(largestDifference(product, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toBeLessThan(1e-13);
  expect(largestDifference(applyAffine(invert(oblique), applyAffine(oblique, [3, 4, 5])), [3, 4, 5])).toBeLessThan(
    1e-12,
  );
});

test('a flat affine has no inverse and no orientation', () => {
  const flat = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  expect(() => invert(flat)).toThrow('cannot be inverted');
  expect(() => ioOrientation(flat)).toThrow('no orientation');
});

test('spacing is the length of each column', () => {
  expect(spacingOf([0, 0, 3, 9, 4, 0, 4, 9, 0, -2, 0, 9, 0, 0, 0, 1])).toEqual([4, 2, 5]);
});

test('the polar factor is orthogonal, and a rotation stays itself', () => {
  const factor = polarFactor([0.9, -0.4, 0.6, 0.3, 1.8, -0.3, -0.2, 0.2, 2.9]);
  const dots = [0, 1, 2].flatMap((p) =>
    [0, 1, 2].map((q) => [0, 3, 6].reduce((sum, row) => sum + factor[row + p] * factor[row + q], 0)),
  );
  expect(largestDifference(dots, [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-14);
  const turn = [0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6];
  expect(largestDifference(polarFactor(turn), turn)).toBeLessThan(1e-14);
});

test.each<[string, Affine, [number, number][]]>([
  ['RAS', oblique, [[0, 1], [1, 1], [2, 1]]],
  ['LPS', [-0.8, 0, 0, 1, 0, -0.8, 0, 2, 0, 0, 2.5, 3, 0, 0, 0, 1], [[0, -1], [1, -1], [2, 1]]],
  ['PIR', [0, 0, 2, 1, -2, 0, 0, 2, 0, -2, 0, 3, 0, 0, 0, 1], [[1, -1], [2, -1], [0, 1]]],
  ['half way between two axes', [1, -1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [[0, 1], [1, 1], [2, 1]]],
])('orientation %s', (_, affine, expected) => {
  expect(ioOrientation(affine)).toEqual(expected.map(([axis, sign]) => ({ axis, sign })));
}); // prettier-ignore

test('canonical axes, numbers of nibabel', () => {
  const turned = closestCanonical(
    counting([2, 3, 4], [-0.8, 0, 0, 100, 0, -0.8, 0, 120, 0, 0, 2.5, -50, 0, 0, 0, 1], lastAxisFastest([2, 3, 4])),
  );
  expect(
    largestDifference(turned.affine!, [0.8, 0, 0, 99.2, 0, 0.8, 0, 118.4, 0, 0, 2.5, -50, 0, 0, 0, 1]),
  ).toBeLessThan(1e-12);
  const [x, y, z] = turned.strides;
  expect([x, y, z]).toEqual([1, 2, 6]);
  expect([0, 1, 2, 3].map((k) => turned.data[k * z])).toEqual([20, 21, 22, 23]);
  expect(turned.properties).toMatchObject({
    asCanonical: true,
    originalAffine: [-0.8, 0, 0, 100, 0, -0.8, 0, 120, 0, 0, 2.5, -50, 0, 0, 0, 1],
  });
});

const signs = [1, -1] as const;
const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]; // prettier-ignore
const everyOrientation: Orientation[] = orders.flatMap((order) =>
  signs.flatMap((a) => signs.flatMap((b) => signs.map((c) => [a, b, c].map((sign, d) => ({ axis: order[d], sign }))))),
);

test('all 48 orientations: every voxel stays where it was in the world, and the way back is exact', () => {
  const volume = counting([2, 3, 35], oblique);
  for (const orientation of everyOrientation) {
    const turned = applyOrientation(volume, orientation);
    const packed = voxelsOf(turned);
    for (const [at, value] of packed.entries()) {
      const index = [
        at % turned.shape[0],
        Math.floor(at / turned.shape[0]) % turned.shape[1],
        Math.floor(at / turned.shape[0] / turned.shape[1]),
      ];
      const old = [value % 2, Math.floor(value / 2) % 3, Math.floor(value / 6)];
      expect(largestDifference(applyAffine(turned.affine!, index), applyAffine(oblique, old))).toBeLessThan(1e-10);
    }
    const back = applyOrientation(turned, orientationBetween(ioOrientation(turned.affine!), ioOrientation(oblique)));
    expect(voxelsOf(back)).toEqual(volume.data);
    expect(largestDifference(back.affine!, oblique)).toBeLessThan(1e-10);
  }
});

test('to canonical and back gives the file again, channels included', () => {
  const file: Affine = [0, 0, 2, 1, -2, 0, 0, 2, 0, -2, 0, 3, 0, 0, 0, 1];
  const data = Float32Array.from({ length: 48 }, (_, i) => i);
  const volume: Volume = {
    data,
    shape: [2, 2, 3, 4],
    strides: [24, 1, 2, 6],
    axes: 'CXYZ',
    affine: file,
    properties: { originalAffine: file },
  };
  const canonical = closestCanonical(volume);
  expect([canonical.axes, canonical.shape]).toEqual(['CXYZ', [2, 4, 2, 3]]);
  expect(largestDifference(canonicalAffine(file, canonical.shape.slice(1)), canonical.affine!)).toBe(0);
  const back = revertCanonical(canonical, file);
  expect(back.affine).toBe(file);
  expect([back.shape, [...voxelsOf(back)]]).toEqual([volume.shape, [...voxelsOf(volume)]]);
});

test('a canonical volume is not copied', () => {
  const volume = counting([2, 3, 4], oblique);
  expect(closestCanonical(volume).data).toBe(volume.data);
});
