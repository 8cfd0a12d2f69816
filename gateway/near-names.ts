/** The three names most like `name`, nearest first: a typo away (edit distance up to a third of the length) or containing one another. */
export function nearNames(name: string, known: Iterable<string>): string[] {
  if (name.length > LONGEST_NAME) return [];
  const wanted = name.toLowerCase();
  const farthest = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((candidate) => ({ candidate, distance: likeness(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= farthest)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
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

/** No name of this server, or of a public model, has as many letters. */
export const LONGEST_NAME = 200;

/** Levenshtein distance: insertions, deletions and replacements that turn `a` into `b`; texts that are too long for names are like none. */
export function editDistance(a: string, b: string): number {
  if (Math.max(a.length, b.length) > LONGEST_NAME) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
