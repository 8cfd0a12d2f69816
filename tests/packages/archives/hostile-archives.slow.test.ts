import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../../../gateway/errors';
import { collectGarbage } from '../../collect-garbage';
import { openUpload } from '../../../gateway/packages/open-upload';
import { hostileArchive } from './hostile-archives';

const COUNT = 1000;
const LIMITS = { entries: 1000, totalBytes: 8 << 20 };

let sandbox: string;
beforeAll(() => (sandbox = mkdtempSync(join(tmpdir(), 'hostile-'))));
afterAll(() => rmSync(sandbox, { recursive: true, force: true }));

test('a thousand hostile archives: none writes outside its folder, none gets through, memory stays small', async () => {
  // What they would overwrite lies where ".." leads.
  writeFileSync(join(sandbox, 'evil'), 'untouched');
  const before = listing();
  const outcomes = new Map<string, number>();
  const taken: string[] = [];
  let peak = 0;
  collectGarbage();
  const start = process.memoryUsage();
  for (let seed = 0; seed < COUNT; seed++) {
    const { what, bytes, mayBeTaken } = hostileArchive(seed);
    const directory = join(sandbox, 'a', 'b', 'staging');
    mkdirSync(directory, { recursive: true });
    const path = join(directory, 'upload');
    writeFileSync(path, bytes);
    try {
      await openUpload({ config: '{}', data: { path, name: 'evil.zip' } }, directory, { limits: LIMITS });
      if (!mayBeTaken) taken.push(`${seed}: ${what}`);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code === 'INTERNAL')
        throw new Error(`${seed}: ${what}`, { cause: error });
      outcomes.set(error.code, (outcomes.get(error.code) ?? 0) + 1);
    }
    // What was unpacked before an archive turned out to be bad stays below its own folder and within the limit.
    expect(bytesBelow(directory)).toBeLessThanOrEqual(LIMITS.totalBytes + bytes.length);
    rmSync(directory, { recursive: true });
    // What other test files have left in this process decides how late V8 collects by itself.
    if (seed % 100 === 0) collectGarbage();
    const { rss } = process.memoryUsage();
    peak = Math.max(peak, rss - start.rss);
  }
  expect(taken).toEqual([]);
  rmSync(join(sandbox, 'a'), { recursive: true });
  expect(listing()).toEqual(before);
  expect(peak / 2 ** 20).toBeLessThan(400);
  expect([...outcomes.keys()].sort()).toEqual(['BAD_MODEL_FILE', 'UNSAFE_ARCHIVE']);
  expect(outcomes.get('UNSAFE_ARCHIVE')).toBeGreaterThan(350);
}, 1_800_000);

const listing = () => readdirSync(sandbox, { recursive: true }).sort();

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
