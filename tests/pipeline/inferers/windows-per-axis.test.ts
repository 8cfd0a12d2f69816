import { windowGrid } from '../../../gateway/pipeline/inferers/sliding-window/window-grid';
import { windowWeights } from '../../../gateway/pipeline/inferers/sliding-window/window-weights';
import type { ScanningWindowInferer } from '../../../gateway/model-spec';

const inferer = { rule: 'monai-1', roi: [4, 4], mode: 'gaussian' } as ScanningWindowInferer;

test('each axis has its own overlap', () => {
  const grid = windowGrid([10, 10], { ...inferer, overlap: [0.25, 0.5] });
  expect(grid.map(({ starts }) => starts)).toEqual([
    [0, 3, 6],
    [0, 2, 4, 6],
  ]);
});

test('each axis has its own width of the gaussian: exp(-x² / 2(σn)²) at x = 0.5 and 1.5', () => {
  const weights = windowWeights([2, 4], { ...inferer, sigmaScale: [0.5, 0.25] })!;
  const [inner, outer] = [0.5, 1.5].map((x) => Math.exp(-(x * x) / 2));
  expect(Array.from(weights)).toEqual([outer, inner, inner, outer, outer, inner, inner, outer].map((value) => expect.closeTo(value * inner, 6))); // prettier-ignore
});
