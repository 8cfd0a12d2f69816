import { allocate, release } from '../../../arena';
import { around, moved, negative, originOf, overlap, perAxis, sizeOfBox, volumeOf, wholeOf, type Box } from './boxes';
import { coveringBoxes } from './cover';
import { copyLabels, labelsIn, type Labels } from './labels';
import { fillInput, frameOf, type Scene } from './patch';
import { poolCube } from './pooling';
import type { Look } from './prompts';
import { interpolate } from './trilinear';

/** Voxels of a patch's rim in which its mask is not trusted. */
const MARGIN = 24;

/** A zoomed patch's mask on the image's grid, as far as it lies in the image. @returns undefined where nothing does */
export function enlarged(mask: Uint8Array, { box, size }: { box: Box; size: readonly [number, number, number] }, { picture, options: { patch } }: Scene): Labels | undefined {
  const inside = overlap(box, wholeOf(picture.shape));
  if (!inside) return undefined;
  const wanted = moved(inside, negative(originOf(box)));
  const [, ny, nz] = sizeOfBox(wanted);
  const data = allocate(Uint8Array, volumeOf(sizeOfBox(wanted)));
  const line = new Float32Array(patch[2]);
  interpolate({
    from: patch,
    to: size,
    box: wanted,
    row: (x, y) => {
      let any = 0;
      for (let z = 0, at = (x * patch[1] + y) * patch[2]; z < patch[2]; z++, at++) any |= line[z] = mask[at];
      return any ? line : undefined;
    },
    plane: (x, values) => {
      const at = (x - wanted[0][0]) * ny * nz;
      for (let n = 0; n < values.length; n++) data[at + n] = Number(values[n] >= 0.5);
    },
  });
  return { data, box: inside };
} // prettier-ignore

/**
 * Patches at zoom 1 that are looked at again: where the coarse mask differs from the previous one, single voxels left out.
 * @param everywhere the previous mask too
 */
export function refinedBoxes(scene: Scene, coarse: Labels | undefined, look: Look, everywhere: boolean): Box[] {
  const { channels, options } = scene;
  const previous = channels[options.channels.previous];
  const known = everywhere ? previous.above(0.5) : undefined;
  const alone = [frameOf({ ...look, zoom: 1 }, options).box];
  const plan = coarse && known ? around(coarse.box, known) : (coarse?.box ?? known);
  if (!plan) return alone;
  const size = sizeOfBox(plan);
  const changed = allocate(Uint8Array, volumeOf(size));
  if (coarse) markChanges(changed, plan, coarse, labelsIn(previous, coarse.box));
  if (everywhere) labelsIn(previous, plan).data.forEach((label, at) => label && (changed[at] = 1));
  const boxes = coveringBoxes(changed, size, options.patch, MARGIN).map((box) => moved(box, originOf(plan)));
  release(changed);
  return boxes.length > 0 ? boxes : alone;
}

/** Marks voxels whose labels differ, after an opening with a cube of 5 voxels. */
function markChanges(changed: Uint8Array, plan: Box, coarse: Labels, previous: Labels): void {
  const size = sizeOfBox(coarse.box);
  const different = allocate(Uint8Array, coarse.data.length);
  for (let at = 0; at < different.length; at++) different[at] = Number(coarse.data[at] !== previous.data[at]);
  poolCube(different, size, 5, true);
  poolCube(different, size, 5);
  const [, ny, nz] = sizeOfBox(plan);
  const [ox, oy, oz] = perAxis((d) => coarse.box[d][0] - plan[d][0]);
  for (let x = 0, from = 0; x < size[0]; x++)
    for (let y = 0; y < size[1]; y++, from += size[2])
      changed.set(different.subarray(from, from + size[2]), ((x + ox) * ny + y + oy) * nz + oz);
  release(different);
}

/** A network: [1 + channels, ...patch] in C order to a mask of 0 and 1, which its next call may overwrite. */
export type Network = (input: Float32Array) => Promise<Uint8Array>;

/**
 * Looks again at patches, one after the other: each sees the coarse mask as previous one, and what the patches before it made of it.
 * @returns the labels of the smallest box around the patches, of which those of the patches count
 */
export async function refine(
  scene: Scene,
  boxes: readonly Box[],
  coarse: Labels | undefined,
  network: Network,
): Promise<Labels> {
  const { picture, channels, options } = scene;
  const { patch } = options;
  const hull = around(boxes[0], ...boxes);
  const size = sizeOfBox(hull);
  const labels: Labels = { data: allocate(Uint8Array, volumeOf(size)), box: hull };
  const inside = overlap(hull, wholeOf(picture.shape));
  if (inside) copyLabels(labelsIn(channels[options.channels.previous], inside), labels);
  if (coarse) copyLabels(coarse, labels);
  const n = volumeOf(patch);
  const own = (options.channels.previous + 1) * n;
  for (const box of boxes) {
    const input = allocate(Float32Array, n * (channels.length + 1));
    fillInput(scene, { box, size: patch, isZoomed: false }, 1, input);
    eachRow(labels, box, (at, from, length) => input.set(labels.data.subarray(at, at + length), own + from));
    const mask = await network(input);
    eachRow(labels, box, (at, from, length) => labels.data.set(mask.subarray(from, from + length), at));
    release(input);
  }
  return labels;
}

/** Rows of a box within labels: where they begin in these and in the box. */
function eachRow({ box: whole }: Labels, box: Box, use: (at: number, from: number, length: number) => void): void {
  const [, ny, nz] = sizeOfBox(whole);
  const [sx, sy, sz] = sizeOfBox(box);
  const [ox, oy, oz] = perAxis((d) => box[d][0] - whole[d][0]);
  for (let x = 0; x < sx; x++)
    for (let y = 0; y < sy; y++) use(((x + ox) * ny + y + oy) * nz + oz, (x * sy + y) * sz, sz);
}
