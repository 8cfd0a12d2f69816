import type { ModelSpec, TransformStep } from '../model-spec';
import type { TransformDefinition } from '../transforms/definition';
import type { TransformCatalogue } from './transform-catalogue';

/** What DExtr3D clients use where a model does not say (`aiaa-api.md` §8.1). */
const DEFAULT_PADDING = 20;

/**
 * Decides whether the gateway crops for an annotation model. Such a model was trained on crops around the extreme points; DExtr3D clients
 * make the crop themselves, unless they work with a session, and then send the whole volume (`transforms.md` §4.7). So: a model of type
 * `annotation` that tells clients a `roi`, and whose own transforms do not crop. Only the loading can then be kept between calls.
 */
export function withPointCrop(spec: ModelSpec, catalogue: TransformCatalogue): ModelSpec {
  const { roi, padding } = spec.info;
  const isRoi = Array.isArray(roi) && roi.length === 3 && roi.every((size) => size > 0);
  const is = (kind: TransformDefinition['kind']) => (step: TransformStep) => catalogue.find(step.name)?.kind === kind;
  const cropsItself = spec.pre.some(is('crop'));
  if (spec.type !== 'annotation' || !isRoi || cropsItself) return spec;
  const loading = spec.pre.findLastIndex(is('load')) + 1;
  return {
    ...spec,
    cacheableSteps: Math.min(spec.cacheableSteps, loading),
    inference: {
      ...spec.inference,
      pointCrop: { roi: roi as number[], padding: typeof padding === 'number' ? padding : DEFAULT_PADDING, loading },
    },
  };
}
