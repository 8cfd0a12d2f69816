import type { Three } from './boxes';
import { numbersOfHalves, toHalf } from '../../../half';
import type { Options } from './options';
import { ballOf, clippedBox, fillBox, layMask, lookAt, occupiedOf, placePoint, type Look, type Mask } from './prompts';
import { SparseHalves } from './sparse-halves';

const halves = numbersOfHalves();

/** What a user has said: axes slowest first, boxes half-open. A box one voxel thick is a 2-D one. */
export type Said = { positive: boolean } & (
  | { kind: 'point'; at: Three }
  | { kind: 'box'; box: readonly (readonly number[])[] }
  | { kind: 'scribble' | 'lasso'; mask: Mask }
);

/** Prompts as the network sees them. */
export interface Written {
  /** In the network's order; that of the previous mask is empty. */
  channels: SparseHalves[];
  /** That of the last prompt: the others are fainter. */
  intensity: number;
  /** Of the last prompt with voxels. */
  look?: Look;
}

/** Where the intensity would go beyond the largest half, it begins anew at a tenth of it. */
const LARGEST_HALF = 65504;

/** Writes prompts, one after the other, each brighter than those before it, as nnInteractive 2.6 does. */
export function writePrompts(prompts: readonly Said[], shape: Three, options: Options): Written {
  const { patch, pointRadius: radius, decay } = options;
  const channels = Array.from({ length: options.promptChannels }, () => new SparseHalves(shape));
  const ball = { ball: ballOf(radius), radius };
  const written: Written = { channels, intensity: 1 };
  for (const said of prompts) {
    if (decay !== null && decay < 1) written.intensity *= 1 / decay;
    if (written.intensity > LARGEST_HALF) darken(written, options);
    const { intensity } = written;
    const channel = channels[options.channels[kindOf(said, options)][said.positive ? 0 : 1]];
    if (said.kind === 'point') {
      placePoint(channel, said.at, ball, intensity);
      written.look = { centre: said.at, zoom: 1 };
    } else if (said.kind === 'box') {
      const box = clippedBox(said.box, shape);
      fillBox(channel, box, intensity);
      written.look = lookAt(box, patch);
    } else {
      const inside = occupiedOf(said.mask);
      if (!inside) continue;
      layMask(channel, said.mask, inside, intensity);
      written.look = lookAt(inside, patch);
    }
  }
  return written;
}

/** The channels that a prompt is written to. */
function kindOf(said: Said, { supported }: Options): keyof Options['supported'] {
  if (said.kind === 'point') return 'points';
  if (said.kind !== 'box') return said.kind;
  return said.box.some(([from, to]) => to - from === 1) && supported.bbox2d ? 'bbox2d' : 'bbox3d';
}

function darken(written: Written, options: Options): void {
  const least = LARGEST_HALF / 10;
  const factor = Math.fround(least / written.intensity);
  written.channels.forEach((channel, c) => {
    if (c !== options.channels.previous) channel.change((half) => toHalf(halves[half] * factor));
  });
  written.intensity = least;
}
