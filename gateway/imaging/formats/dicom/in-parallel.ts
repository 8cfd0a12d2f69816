/** Files that are open at a time. */
const AT_ONCE = 16;

/** The results in the order of the items; a few are worked on at a time, and the first error ends it. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const takeTurns = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at]);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, takeTurns));
  return results;
}
