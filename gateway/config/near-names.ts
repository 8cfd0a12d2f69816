import { editDistance } from '../transforms/names';

/**
 * The names most like `name`, nearest first: those a typo away (edit distance up to a third of the length) or containing one another.
 * @param limit how many at most
 */
export function nearNames(name: string, known: Iterable<string>, limit = 3): string[] {
  const wanted = name.toLowerCase();
  const farthest = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((candidate) => ({ candidate, distance: likeness(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= farthest)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** "; did you mean a or b?" for the end of a sentence, or nothing. */
export function didYouMean(names: readonly string[]): string {
  return names.length > 0 ? `; did you mean ${names.map((name) => `"${name}"`).join(' or ')}?` : '';
}

function likeness(a: string, b: string): number {
  const contained = a.length >= 4 && b.length >= 4 && (a.includes(b) || b.includes(a));
  return contained ? 1 : editDistance(a, b);
}
