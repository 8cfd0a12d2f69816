/** Packages whose classes a config may name by their full path (`scripts` is what MONAI bundles ship); a path from elsewhere is somebody's own class. */
const KNOWN_PACKAGES = ['monai', 'aiaa', 'ai4med', 'medl', 'monailabel', 'scripts'];

/**
 * What a name in a config may be registered as, in lower case: the class name without module path and `#alias`; for MONAI's `XD` and
 * `XDict` also `Xd`. Paths into unknown packages give nothing.
 */
export function candidateNames(name: string): string[] {
  const [path] = name.trim().split('#');
  const parts = path.split('.');
  if (parts.length > 1 && !KNOWN_PACKAGES.includes(parts[0])) return [];
  const last = parts[parts.length - 1].toLowerCase();
  return last.endsWith('dict') ? [last, last.slice(0, -3)] : [last];
}

/** The names most like `name` by edit distance, best first, at most three; far ones are left out. */
export function bestMatches(name: string, known: readonly string[]): string[] {
  const wanted = name.trim().split('#')[0].split('.').at(-1)?.toLowerCase() ?? '';
  return known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.floor(candidate.length * 0.4)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance: insertions, deletions and replacements that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
