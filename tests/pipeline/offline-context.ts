import type { InferenceContext } from '../../gateway/pipeline/model-run';

/** The world of a job without a server: `infer` stands in for the network, nobody cancels, nothing is kept. */
export function offlineContext(
  infer: InferenceContext['infer'],
  more: Partial<InferenceContext> = {},
): InferenceContext {
  return {
    infer,
    instances: () => Promise.resolve(1),
    confirmed: () => Promise.resolve(),
    signal: new AbortController().signal,
    throwIfCancelled: () => undefined,
    ownTransform: () => Promise.resolve(undefined),
    reserve: () => Promise.resolve(undefined),
    ...more,
  };
}
