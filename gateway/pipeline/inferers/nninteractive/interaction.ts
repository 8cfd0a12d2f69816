import { allocate, release } from '../../../arena';
import { perAxis, volumeOf, wholeOf, type Box, type Three } from './boxes';
import { changesAtBorder } from './change-at-border';
import { halves, toHalf } from './half';
import { channelsOf, type Options, type PromptKind } from './options';
import { pasteLabels, type Labels } from './paste';
import { fillInput, frameOf, previousOn, type Frame, type Scene } from './patch';
import type { Picture } from './picture';
import { ballOf, clippedBox, fillBox, layMask, lookAt, occupiedOf, placePoint, type Look, type Mask } from './prompts';
import { enlarged, refine, refinedBoxes, type Network } from './refinement';
import { SparseHalves } from './sparse-halves';

/** Patches are enlarged at most so many times, in steps. */
const MOST_ZOOM = 4;
const ZOOM_STEP = 1.5;
/** Where the intensity would go beyond the largest half, it begins anew at a tenth of it. */
const LARGEST_HALF = 65504;

/** What prompts and predictions change. The volumes in it are never written: they are replaced. */
export interface State {
  /** Of prompts, in the network's order. */
  channels: readonly SparseHalves[];
  /** The client's mask. */
  target: SparseHalves;
  /** That of the last prompt. */
  intensity: number;
  /** Where the last prompt without a prediction wants the network to look. */
  look?: Look;
}

/**
 * An object of an image that is outlined by prompts, as nnInteractive 2.6 does it: prompts are written into channels of half precision, and each prediction shows
 * the network the image, the prompts and its last mask around the last prompt. Axes slowest first. A step that throws changes nothing.
 */
export class Interaction {
  constructor(
    readonly shape: Three,
    readonly options: Options,
    public state: State = emptyState(shape, options),
    /** States before each prompt, the last one last. */
    readonly past: State[] = [],
  ) {}

  /** Marks a ball around a voxel. */
  addPoint(point: Three, include: boolean): void {
    const { pointRadius: radius, channels } = this.options;
    const ball = { ball: ballOf(radius), radius };
    this.add({ centre: point, zoom: 1 }, channels.points[include ? 0 : 1], (channel, intensity) => placePoint(channel, point, ball, intensity));
  } // prettier-ignore

  /** Marks a box: half-open ranges of voxels, cut to the image. One that is one voxel thick is a 2-D box. */
  addBox(ranges: readonly (readonly number[])[], include: boolean): void {
    const box = clippedBox(ranges, this.shape);
    const channel = this.options.channels[this.kindOfBox(ranges)][include ? 0 : 1];
    this.add(lookAt(box, this.options.patch), channel, (to, intensity) => fillBox(to, box, intensity));
  }

  kindOfBox(ranges: readonly (readonly number[])[]): 'bbox2d' | 'bbox3d' {
    const isFlat = ranges.some(([from, to]) => to - from === 1);
    return isFlat && this.options.supported.bbox2d ? 'bbox2d' : 'bbox3d';
  }

  /** Marks the voxels of a mask; of one of zeros alone, older prompts fade. */
  addMask(kind: PromptKind & ('scribble' | 'lasso'), mask: Mask, include: boolean): void {
    const inside = occupiedOf(mask);
    const look = inside && lookAt(inside, this.options.patch);
    this.add(look, this.options.channels[kind][include ? 0 : 1], (channel, intensity) => {
      if (inside) layMask(channel, mask, inside, intensity);
    });
  }

  /** Forgets all prompts; a mask of the whole image, values up to 255, is what the next prediction begins with. */
  addInitialMask(data: Uint8Array, isPredicted = false): void {
    this.remember();
    const labels: Labels = { data, box: wholeOf(this.shape) };
    const state = emptyState(this.shape, this.options);
    pasteLabels(labels, labels.box, state.channels[this.options.channels.previous], state.target);
    const inside = isPredicted ? occupiedOf(labels) : undefined;
    this.state = { ...state, ...(inside && { look: lookAt(inside, this.options.patch) }) };
  }

  private add(look: Look | undefined, at: number, write: (channel: SparseHalves, intensity: number) => void): void {
    this.remember();
    const { channels, intensity } = this.brighter();
    const channel = channels[at].copy();
    write(channel, intensity);
    this.state = { ...this.state, channels: channels.with(at, channel), intensity, look: look ?? this.state.look };
  }

  private remember(): void {
    this.past.push(this.state);
    if (this.past.length > this.options.undo) this.past.shift();
  }

  /** Older prompts fade by being written less brightly than the next one. */
  private brighter(): Pick<State, 'channels' | 'intensity'> {
    const { decay, channels: places } = this.options;
    const { channels } = this.state;
    const intensity = decay === null || decay === 1 ? this.state.intensity : this.state.intensity * (1 / decay);
    if (intensity <= LARGEST_HALF) return { channels, intensity };
    const least = LARGEST_HALF / 10;
    const factor = Math.fround(least / intensity);
    const darker = channels.map((channel, c) => {
      if (c === places.previous) return channel;
      const copy = channel.copy();
      copy.change((half) => toHalf(halves[half] * factor));
      return copy;
    });
    return { channels: darker, intensity: least };
  }

  /**
   * Asks the network around the last prompt, and again, further away, while the mask grows beyond the patch; what was seen from afar is looked at closely
   * where it is new.
   * @param everywhere look closely at all of the mask
   * @returns the part of the image that was written; undefined when no prompt waits for a prediction
   */
  async predict(picture: Picture, network: Network, { autoZoom = true, everywhere = false } = {}): Promise<Box | undefined> {
    const { look } = this.state;
    if (!look) return undefined;
    const scene: Scene = { ...this.state, picture, options: this.options };
    let zoom = Math.min(MOST_ZOOM, look.zoom);
    let seen = await this.see(scene, { ...look, zoom }, network);
    while (autoZoom && seen.goesOn && zoom < MOST_ZOOM) {
      zoom = Math.min(MOST_ZOOM, zoom * ZOOM_STEP);
      seen = await this.see(scene, { ...look, zoom }, network);
    }
    if (zoom === 1) return this.paste({ data: seen.mask, box: seen.frame.box }, [seen.frame.box]);
    const coarse = enlarged(seen.mask, seen.frame, scene);
    const boxes = refinedBoxes(scene, coarse, look, everywhere);
    const labels = await refine(scene, boxes, coarse, network);
    return this.paste(labels, boxes);
  } // prettier-ignore

  private async see(scene: Scene, look: Look, network: Network): Promise<{ mask: Uint8Array; frame: Frame; goesOn: boolean }> {
    const { patch } = this.options;
    const frame = frameOf(look, this.options);
    const input = allocate(Float32Array, volumeOf(patch) * (1 + scene.channels.length));
    fillInput(scene, frame, look.zoom, input);
    const mask = (await network(input)).slice();
    release(input);
    return { mask, frame, goesOn: changesAtBorder(mask, patch, previousOn(scene, frame)) };
  } // prettier-ignore

  /** Writes the parts of labels in `boxes`. @returns the part of the labels' box in the image */
  private paste(labels: Labels, boxes: readonly Box[]): Box {
    const at = this.options.channels.previous;
    const { look: _, ...state } = this.state;
    const [previous, target] = [state.channels[at].copy(), state.target.copy()];
    for (const box of boxes) pasteLabels(labels, box, previous, target);
    this.state = { ...state, channels: state.channels.with(at, previous), target };
    return perAxis((d) => [Math.max(0, labels.box[d][0]), Math.min(this.shape[d], labels.box[d][1])] as const);
  }

  /**
   * Goes back to before the last prompt.
   * @returns whether there was one, and the part of the mask that changed
   */
  undo(): { isUndone: boolean; changed?: Box } {
    const before = this.past.pop();
    if (!before) return { isUndone: false };
    const changed = this.state.target.differences(before.target);
    this.state = before;
    return { isUndone: true, ...(changed && { changed }) };
  }

  /** Forgets prompts, mask and what could be undone. */
  reset(): void {
    this.past.length = 0;
    this.state = emptyState(this.shape, this.options);
  }
}

function emptyState(shape: Three, options: Options): State {
  const channels = Array.from({ length: channelsOf(options) }, () => new SparseHalves(shape));
  return { channels, target: new SparseHalves(shape), intensity: 1 };
}
