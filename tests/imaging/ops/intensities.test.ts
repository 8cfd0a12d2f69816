import { normalizeIntensity, scaleIntensityRange, threshold } from '../../../gateway/imaging/ops/intensity/voxel-wise';
import { expectClose } from './volumes';

const HU = Float32Array.from([-1000, -57, 0, 53.5, 164, 400]);
const window = { aMin: -57, aMax: 164, bMin: 0, bMax: 1 };

describe('intensities', () => {
  test('a window to 0..1, with and without clip', () => {
    expectClose(scaleIntensityRange(HU, { ...window, clip: true }), [0, 0, 57 / 221, 0.5, 1, 1], 1e-7);
    expectClose(scaleIntensityRange(HU, window), [-943 / 221, 0, 57 / 221, 0.5, 1, 457 / 221], 1e-7);
  });

  test('an empty window only shifts', () => {
    expect([...scaleIntensityRange(Float32Array.from([5, 7]), { aMin: 5, aMax: 5, bMin: 1, bMax: 2 })]).toEqual([1, 3]);
  });

  test('an output buffer is used when given', () => {
    const out = new Float32Array(6);
    expect(scaleIntensityRange(HU, window, out)).toBe(out);
  });

  test.each([
    [[0, 2, 4, 0, 6, 8], [0, -1.3416408, -0.4472136, 0, 0.4472136, 1.3416408]],
    [[1, 0, 0, 0, 0, 5], [-1, 0, 0, 0, 0, 1]],
    [[0, 0, 7, 0], [0, 0, 0, 0]],
    [[0, 0], [0, 0]],
  ])('non-zero values of %j', (values, expected) => {
    expectClose(normalizeIntensity(Float32Array.from(values), { nonzero: true }), expected, 1e-6);
  }); // prettier-ignore

  test('a value equal to the threshold', () => {
    const values = Float32Array.from([0.4, 0.5, 0.6]);
    expect([...threshold(values, 0.5, false)]).toEqual([0, 0, 1]);
    expect([...threshold(values, 0.5, true)]).toEqual([0, 1, 1]);
  });
});
