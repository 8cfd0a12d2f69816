import { windowWeights } from '../../../../gateway/pipeline/inferers/sliding-window/window-weights';
import type { ScanningWindowInferer } from '../../../../gateway/model-spec';

const inferer = (rule: ScanningWindowInferer['rule'], mode: ScanningWindowInferer['mode']) =>
  ({ rule, mode, sigmaScale: 0.125 }) as ScanningWindowInferer;

const rowOf = (weights: Float32Array, row: number) =>
  Array.from(weights.subarray(row * 6, row * 6 + 6), (weight) => Number(weight.toFixed(6)));

// Middle rows of the map of (6, 6).
test('MONAI <= 0.8: an impulse at n // 2 through the erf kernel', () => {
  const weights = windowWeights([6, 6], inferer('monai-0', 'gaussian'))!;
  expect(rowOf(weights, 3)).toEqual([0.000864, 0.045092, 0.464112, 1, 0.464112, 0.045092]);
});

test('MONAI >= 1.0: a gaussian around the middle, not below a thousandth', () => {
  const weights = windowWeights([6, 6], inferer('monai-1', 'gaussian'))!;
  expect(rowOf(weights, 2)).toEqual([0.003096, 0.108368, 0.64118, 0.64118, 0.108368, 0.003096]);
  expect(weights[0]).toBeCloseTo(0.001, 9);
});

test('constant weights need no map', () => {
  expect(windowWeights([6, 6], inferer('monai-1', 'constant'))).toBeUndefined();
});
