/** The most channels that are looked for. */
const MOST = 64;

/**
 * The channels of an image that a client sent as form files `image0`, `image1`, … or `image`, `image2`, … (any name before the number), in the order of
 * their numbers; undefined where the files are not so named: other names among them, a gap, or one name alone.
 */
export function numberedFiles<T extends { field: string }>(files: readonly T[]): T[][] | undefined {
  const groups = new Map<number, T[]>();
  const stems = new Set<string>();
  for (const file of files) {
    const [, stem, digits] = /^(.*?)(\d*)$/s.exec(file.field)!;
    stems.add(stem);
    const number = digits === '' ? -1 : Number(digits);
    groups.set(number, [...(groups.get(number) ?? []), file]);
  }
  const numbers = [...groups.keys()].sort((a, b) => a - b);
  if (stems.size !== 1 || numbers.length < 2 || numbers.length > MOST) return undefined;
  // The one without a number is the first of those that begin at 1, or at 2.
  const [least, next] = numbers;
  const first = least === -1 ? next - 1 : least;
  const inOrder = first <= 1 && numbers.every((number, at) => number === first + at || (at === 0 && number === -1));
  return inOrder ? numbers.map((number) => groups.get(number)!) : undefined;
}
