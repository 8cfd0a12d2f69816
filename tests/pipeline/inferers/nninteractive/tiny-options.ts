import type { Options } from '../../../../gateway/pipeline/inferers/nninteractive/options';

/** The channels of the published network, with a patch of one's own. */
export const tinyOptions = (patch: [number, number, number]): Options => ({
  patch,
  promptChannels: 7,
  channels: { previous: 0, bbox2d: [1, 2], bbox3d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] },
  supported: { scribble: true, lasso: true, points: true, bbox2d: true, bbox3d: false },
  initialMask: true,
  decay: 0.9,
  pointRadius: 4,
  scribbleThickness: [2, 2, 2],
});
