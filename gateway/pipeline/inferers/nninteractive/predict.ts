import { allocate, release } from '../../../arena';
import { volumeOf, type Box } from './boxes';
import { changesAtBorder } from './change-at-border';
import type { Labels } from './labels';
import { fillInput, frameOf, previousOn, type Frame, type Scene } from './patch';
import type { Look } from './prompts';
import { enlarged, refine, refinedBoxes, type Network } from './refinement';

/** Patches are enlarged at most so many times, in steps. */
const MOST_ZOOM = 4;
const ZOOM_STEP = 1.5;

export interface Wanted {
  /** Where the last prompt is. */
  look: Look;
  /** Whether patches may be enlarged while the mask grows beyond them. */
  autoZoom: boolean;
  /** Whether all of the mask is looked at again, not only what changed. */
  everywhere: boolean;
}

/**
 * What nnInteractive 2.6 predicts: it asks the network around the last prompt, and again, further away, while the mask grows beyond the patch; what was seen from afar
 * is looked at closely where it is new.
 * @returns labels, and the boxes of which they are the new mask
 */
export async function predict(scene: Scene, { look, autoZoom, everywhere }: Wanted, network: Network): Promise<{ labels: Labels; boxes: Box[] }> {
  let zoom = Math.min(MOST_ZOOM, look.zoom);
  let seen = await see(scene, { ...look, zoom }, network);
  while (autoZoom && zoom < MOST_ZOOM && seen.goesOn) {
    zoom = Math.min(MOST_ZOOM, zoom * ZOOM_STEP);
    seen = await see(scene, { ...look, zoom }, network);
  }
  const { mask, frame } = seen;
  if (zoom === 1) return { labels: { data: mask, box: frame.box }, boxes: [frame.box] };
  const coarse = enlarged(mask, frame, scene);
  const boxes = refinedBoxes(scene, coarse, look, everywhere);
  return { labels: await refine(scene, boxes, coarse, network), boxes };
} // prettier-ignore

async function see(scene: Scene, look: Look, network: Network): Promise<{ mask: Uint8Array; frame: Frame; goesOn: boolean }> {
  const { patch } = scene.options;
  const frame = frameOf(look, scene.options);
  const input = allocate(Float32Array, volumeOf(patch) * (1 + scene.channels.length));
  fillInput(scene, frame, look.zoom, input);
  const mask = (await network(input)).slice();
  release(input);
  return { mask, frame, goesOn: changesAtBorder(mask, patch, previousOn(scene, frame)) };
} // prettier-ignore
