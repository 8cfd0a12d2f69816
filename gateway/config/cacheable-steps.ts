import type { TransformStep } from '../model-spec';
import { nearNames, didYouMean } from './near-names';
import { canonicalName } from './clara/official-names';
import type { Reading } from './reading';

/**
 * How many leading pre-transforms give the same result for every request on one image.
 *
 * `cache_until` names the last step to keep, or is "ALL" (`aiaa-api.md` §10.1); without it, it is as far as possible. A step that reads
 * the request's params ends it in any case: NVIDIA's own deepgrow configs write `cache_until: AddGuidanceFromPointsd`, and a kept
 * guidance would be that of an earlier click.
 */
export function cacheableSteps(pre: readonly TransformStep[], cacheUntil: unknown, reading: Reading): number {
  const firstReader = pre.findIndex(({ name }) => reading.catalogue.find(name)?.readsParams ?? false);
  const safe = firstReader < 0 ? pre.length : firstReader;
  if (cacheUntil === undefined || cacheUntil === null || cacheUntil === '') return safe;
  if (typeof cacheUntil !== 'string') {
    reading.findings.add(['cache_until'], cacheUntil, '"ALL" or the name of a pre-transform');
    return safe;
  }
  if (cacheUntil.toUpperCase() === 'ALL') return safe;
  const wanted = reading.catalogue.find(cacheUntil)?.name ?? canonicalName(cacheUntil);
  const last = pre.findIndex((step) => step.name === wanted);
  if (last < 0) {
    const names = pre.map((step) => step.name);
    const suggestions = nearNames(wanted, names);
    const expected = `"ALL" or one of the pre-transforms (${names.join(', ')})`;
    const message = `cache_until is ${JSON.stringify(cacheUntil)}, but must be ${expected}${didYouMean(suggestions)}`;
    reading.findings.add(['cache_until'], cacheUntil, expected, { message, suggestions });
  }
  return Math.min(last + 1, safe);
}
