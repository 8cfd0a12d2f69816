import { z } from 'zod';
import type { NninteractiveInferer } from '../../model-spec';
import { flag, number } from '../values';

const channel = z.int({ error: 'the number of a channel, from the end where it is negative' }).min(-64).max(63);
const pair = z.tuple([channel, channel], { error: 'two channels, for positive and negative prompts' });
const radius = { error: 'a whole number of voxels from 1 to 10' };
const thickness = number.refine((value) => typeof value === 'number' && value > 0, { error: 'a number above 0' });

/** What `inference_info.json` of nnInteractive's results folders says, under its names. */
export const nninteractiveShape = {
  /** Channels after the image's. @default those of nnInteractive 1.0 */
  channel_mapping: z
    .strictObject({
      prev_seg: channel.default(0),
      bbox2d: pair.default([1, 2]),
      bbox3d: pair.default([1, 2]),
      lasso: pair.default([1, 2]),
      points: pair.default([3, 4]),
      scribble: pair.default([5, 6]),
    })
    .prefault({}),
  /** Channels of prompts, that of the last mask not counted. @default as many as channel_mapping needs */
  interaction_channels: z.int().min(1).max(63).optional(),
  /** Prompts that the network has learnt. @default all but bbox3d */
  supported_interactions: z
    .strictObject({
      points: flag.default(true),
      bbox2d: flag.default(true),
      bbox3d: flag.default(false),
      lasso: flag.default(true),
      scribble: flag.default(true),
    })
    .prefault({}),
  /** Whether the network has learnt to go on from a mask. @default true */
  supports_initial_label: flag.default(true),
  /** Factor by which prompts fade with each later one; null does not fade. @default 0.98 */
  interaction_decay: number
    .refine((value) => typeof value === 'number' && value > 0 && value <= 1, { error: 'a number above 0, up to 1, or null' })
    .nullable()
    .default(0.98),
  /** Voxels of a point's ball, from its middle. @default 4 */
  point_radius: z.int(radius).min(1, radius).max(10, radius).default(4),
  /** Voxels across a scribble, for clients. @default 2 along each axis */
  preferred_scribble_thickness: z
    .union([thickness.transform((one) => [one, one, one]), z.array(thickness).length(3)], { error: 'a number, or three' })
    .default([2, 2, 2]),
}; // prettier-ignore

const section = z.strictObject(nninteractiveShape);
export type NninteractiveSection = z.output<typeof section>;

/** Channels of prompts, with that of the last mask. */
export function promptChannels({ channel_mapping: mapping, interaction_channels: said }: NninteractiveSection): number {
  if (said !== undefined) return said + 1;
  const places = Object.values(mapping).flat();
  return Math.max(1, ...places.map((place) => (place < 0 ? -place : place + 1)));
}

export function nninteractiveInferer(read: NninteractiveSection, patch: [number, number, number]): NninteractiveInferer {
  const count = promptChannels(read);
  const place = (at: number) => (at < 0 ? count + at : at);
  const { prev_seg: previous, ...pairs } = read.channel_mapping;
  const channels = Object.entries(pairs).map(([kind, [positive, negative]]) => [kind, [place(positive), place(negative)]]);
  return {
    kind: 'nninteractive',
    patch,
    promptChannels: count,
    channels: { previous: place(previous), ...(Object.fromEntries(channels) as Record<keyof typeof pairs, [number, number]>) },
    supported: read.supported_interactions as NninteractiveInferer['supported'],
    initialMask: read.supports_initial_label as boolean,
    decay: read.interaction_decay as number | null,
    pointRadius: read.point_radius,
    scribbleThickness: read.preferred_scribble_thickness as number[],
  };
} // prettier-ignore
