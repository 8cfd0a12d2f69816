import type { NninteractiveInferer } from '../../../model-spec';

export type Options = Omit<NninteractiveInferer, 'kind'>;

/** Kinds of prompts with a pair of channels. */
export type PromptKind = keyof Options['supported'];

/** Channels of prompts, previous mask included. */
export function channelsOf({ channels }: Pick<Options, 'channels'>): number {
  return Math.max(channels.previous, ...Object.values(channels).flat()) + 1;
}
