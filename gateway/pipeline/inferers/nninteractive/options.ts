import type { NninteractiveInferer } from '../../../model-spec';

export type Options = Omit<NninteractiveInferer, 'kind'>;
