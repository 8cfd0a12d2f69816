import { windowGrid, windowOrigins } from '../../../../gateway/pipeline/inferers/sliding-window/window-grid';
import type { ScanningWindowInferer } from '../../../../gateway/model-spec';

const inferer = (rule: ScanningWindowInferer['rule'], roi: number[], overlap = 0.25): ScanningWindowInferer => ({
  kind: 'scanning-window',
  rule,
  roi,
  batchSize: 1,
  overlap,
  mode: 'constant',
  sigmaScale: 0.125,
  paddingMode: 'constant',
  cval: 0,
});

// Computed by MONAI 0.1.0.
describe('windows of Clara 2.x and 3.x', () => {
  test.each([
    [8, 4, [0, 3, 4]],
    [10, 4, [0, 3, 6, 6]],
    [11, 4, [0, 3, 6, 7]],
    [100, 64, [0, 36, 36]],
    [170, 96, [0, 74, 74]],
    [200, 96, [0, 80, 104]],
    [300, 160, [0, 140, 140]],
    [512, 160, [0, 144, 288, 352]],
    [500, 384, [0, 116]],
    [700, 384, [0, 316]],
    [384, 384, [0]],
    [5, 8, [0]],
  ])('an axis of %i in windows of %i starts at %j', (length, roi, starts) => {
    expect(windowGrid([length], inferer('clara', [roi]))).toEqual([{ roi, starts, before: 0 }]);
  });
});

// Computed by MONAI 0.5.0 and 0.8.1.
describe('windows of MONAI', () => {
  test.each([
    [300, 160, 0.25, [0, 120, 140]],
    [300, 160, 0.5, [0, 80, 140]],
    [512, 160, 0.25, [0, 120, 240, 352]],
    [170, 96, 0.25, [0, 72, 74]],
    [10, 4, 0.25, [0, 3, 6]],
    [7, 4, 0.25, [0, 3]],
    [30, 10, 0.7, [0, 3, 6, 9, 12, 15, 18, 20]],
  ])('an axis of %i in windows of %i with overlap %f starts at %j', (length, roi, overlap, starts) => {
    expect(windowGrid([length], inferer('monai-0', [roi], overlap))[0].starts).toEqual(starts);
  });

  test('a short axis is padded on both sides, a roi of 0 is the whole axis', () => {
    expect(windowGrid([5, 5], inferer('monai-1', [8, 0]))).toEqual([
      { roi: 8, starts: [0], before: 1 },
      { roi: 5, starts: [0], before: 0 },
    ]);
  });
});

test('windows come in C order, the first axis outermost', () => {
  const grid = windowGrid([10, 7], inferer('monai-0', [4, 4]));
  expect(windowOrigins(grid)).toEqual([
    [0, 0],
    [0, 3],
    [3, 0],
    [3, 3],
    [6, 0],
    [6, 3],
  ]);
});
