import { createHash } from 'node:crypto';
import { nearestFloat32Map, nearestMap, nearestSpacingMap } from '../../../../gateway/imaging/ops/resample/axis-maps';
import { resampleNearest } from '../../../../gateway/imaging/ops/resample/resample-nearest';
import { firstAxisFastest, type NumericArray } from '../../../../gateway/imaging/volume';
import golden from '../../../golden/kernels_goldens.json';
import { inCOrder, testVolume, volumeOf } from '../volumes';

function hashOfMaps(from: number, to: number, map: (n: number, m: number) => Int32Array): string {
  const hash = createHash('sha256');
  for (let n = from; n <= to; n++) for (let m = from; m <= to; m++) hash.update(map(n, m));
  return hash.digest('hex');
}

describe('nearest resampling', () => {
  test.each([
    [7, 4, [0, 2, 4, 6]],
    [4, 7, [0, 0, 1, 2, 2, 3, 3]],
  ])('half-pixel index map %i to %i', (n, m, expected) => {
    expect([...nearestMap(n, m)]).toEqual(expected);
  });

  test('half-pixel index maps of all lengths 2..69 are those of torch nearest-exact', () => {
    expect(hashOfMaps(2, 69, nearestMap)).toBe(golden.nearestExactMaps);
  });

  test('float32 index maps of all lengths 2..130 are those of torch nearest', () => {
    expect(hashOfMaps(2, 130, nearestFloat32Map)).toBe(golden.nearestFloat32Maps);
  });

  test.each(golden.nearest.map((c) => [`${c.map}, ${c.from} to ${c.shape}`, c] as const))(
    '%s as the reference',
    (_, c) => {
      const maps = c.from.map((n, d) =>
        c.map === 'spacing' ? nearestSpacingMap(n, c.shape[d], c.steps![d]) : nearestMap(n, c.shape[d]),
      );
      expect(inCOrder(resampleNearest(testVolume(c.from), maps))).toEqual(c.values);
    },
  );

  test.each([Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array])(
    '%p keeps type and values',
    (type) => {
      const result = resampleNearest(
        volumeOf([2, 2], [1, 2, 3, 100], { type: type as new (n: number) => NumericArray }),
        [nearestMap(2, 4), undefined],
      );
      expect(result.data).toBeInstanceOf(type);
      expect(inCOrder(result)).toEqual([1, 2, 1, 2, 3, 100, 3, 100]);
    },
  );

  test('a network output that grows comes back in file order, with the same voxels', () => {
    const maps = [nearestMap(4, 6), nearestMap(5, 7), undefined];
    const fileOrder = testVolume([4, 5, 3], { type: Uint8Array });
    const cOrder = { ...fileOrder, data: Uint8Array.from(inCOrder(fileOrder)), strides: [15, 3, 1] };
    const result = resampleNearest(cOrder, maps);
    expect(result.strides).toEqual(firstAxisFastest([6, 7, 3]));
    expect(inCOrder(result)).toEqual(inCOrder(resampleNearest(fileOrder, maps)));
  });

  test('a label box comes back in its place', () => {
    const label = testVolume([4, 5, 10], { type: Uint8Array });
    label.data.fill(0);
    const [sx, sy, sz] = firstAxisFastest([4, 5, 10]);
    for (let i = 1; i < 3; i++)
      for (let j = 1; j < 4; j++) for (let k = 2; k < 7; k++) label.data[i * sx + j * sy + k * sz] = 1;
    const back = resampleNearest(label, [nearestMap(4, 5), nearestMap(5, 6), nearestMap(10, 4)]);
    expect(inCOrder(back).reduce((a, b) => a + b, 0)).toBe(24);
  });
});
