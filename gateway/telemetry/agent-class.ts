/** Kinds of clients by what they say in `User-Agent`; the first that fits. */
const CLASSES: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Slicer', /slicer/i],
  ['MITK', /mitk/i],
  ['OHIF', /ohif/i],
  ['curl', /^curl/i],
  ['Prometheus', /prometheus/i],
  ['python', /python|requests|aiohttp|httpx|urllib/i],
  ['java', /java|okhttp/i],
  ['browser', /mozilla/i],
  ['node', /^node|undici|axios/i],
];

/** The kind of a client, one of few; `none` for one that does not say. */
export function agentClass(userAgent: string | undefined): string {
  if (!userAgent) return 'none';
  return CLASSES.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? 'other';
}
