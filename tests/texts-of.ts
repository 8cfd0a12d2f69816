import type { Sentence } from '../gateway/sentence';

/** Sentences as clients read them. */
export const textsOf = (sentences: readonly Sentence[] = []): string[] => sentences.map(({ text }) => text);
