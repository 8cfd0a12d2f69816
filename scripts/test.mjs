// npm test [-- jest arguments]: lint, types, then all tests, two files at a time; system tests have a real Triton each.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checks, lint } from './lint.mjs';
import { cache, exitWith, pythonOfTriton, root, setUp } from './setup.mjs';

const totals = { passed: 0, failed: 0, skipped: 0 };

function main() {
  setUp({ triton: ['pytorch', 'tensorflow'] });
  installPrograms();
  fetchViewer();
  const only = process.argv.slice(2);
  if (only.length === 0) {
    count(Object.keys(checks).length, lint().length);
    count(1, runTypes());
    localTriton();
  }
  jest(only);

  const skipped = totals.skipped ? `, ${totals.skipped} skipped` : '';
  console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
  process.exitCode = totals.failed ? 1 : 0;
}

/** Servers and checkers that tests use, as Debian packages, by a program of each. */
const debianPrograms = {
  '/usr/sbin/Orthanc': ['orthanc', 'orthanc-dicomweb'],
  '/usr/sbin/nginx': ['nginx-light'],
  '/usr/bin/promtool': ['prometheus'],
  '/usr/bin/docker-compose': ['docker-compose'],
  '/usr/bin/chromium': ['chromium'],
  '/usr/bin/shellcheck': ['shellcheck'],
  '/usr/bin/fish': ['fish'],
  '/usr/bin/zsh': ['zsh'],
  '/usr/bin/dciodvfy': ['dicom3tools'],
};

/** OHIF's own viewer as it is built for npm: a test looks at it, nothing depends on it. */
const viewer = '@ohif/app@3.13.2';

/** In CI only: on a person's machine it is not ours to install servers. Without them their tests are skipped, and say so. */
function installPrograms() {
  const debianRoot =
    process.env.CI && process.platform === 'linux' && process.getuid() === 0 && existsSync('/usr/bin/apt-get');
  const missing = Object.keys(debianPrograms).filter((program) => !existsSync(program));
  if (missing.length === 0 || !debianRoot) return;
  console.log('installing what tests use …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args) => spawnSync('apt-get', args, { stdio: 'ignore', env, timeout: 300_000 }).status === 0;
  const install = (...packages) => apt('install', '-y', '--no-install-recommends', ...packages);
  const wanted = missing.flatMap((program) => debianPrograms[program]);
  if (install(...wanted) || (apt('update') && install(...wanted))) return;
  // One that cannot be had must not take the others along.
  for (const program of missing)
    if (!install(...debianPrograms[program])) console.error(`${program} could not be installed`);
}

/** The viewer that shows DICOM Segmentations, in CI only: 50 MB. Without it its test is skipped, and says so. */
function fetchViewer() {
  const folder = join(cache, 'ohif');
  if (!process.env.CI || existsSync(join(folder, 'dist', 'index.html'))) return;
  console.log(`fetching ${viewer} …`);
  mkdirSync(folder, { recursive: true });
  const run = (program, ...args) =>
    spawnSync(program, args, { cwd: folder, stdio: 'ignore', timeout: 300_000 }).status === 0;
  const archive = `${viewer.replace('@', '').replace(/[/@]/g, '-')}.tgz`;
  const fetched = run('npm', 'pack', viewer) && run('tar', '-xzf', archive, '--strip-components=1', 'package/dist');
  rmSync(join(folder, archive), { force: true });
  if (!fetched) console.error(`${viewer} could not be fetched`);
}

function count(all, failed) {
  totals.passed += all - failed;
  totals.failed += failed;
}

function runTypes() {
  const { status } = spawnSync(
    process.execPath,
    [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tests/tsconfig.json'],
    { cwd: root, stdio: 'inherit' },
  );
  console.log(status === 0 ? 'types ok' : 'types failed');
  return status === 0 ? 0 : 1;
}

/** The helper functions of triton-local/, with the interpreter they run on. */
function localTriton() {
  const args = ['-m', 'unittest', 'discover', '-s', 'triton-local/tests'];
  const { status, stderr } = spawnSync(pythonOfTriton(), args, { cwd: root, encoding: 'utf8' });
  const all = Number(/Ran (\d+) test/.exec(stderr)?.[1] ?? 0);
  const bad = [...stderr.matchAll(/(?:failures|errors)=(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  if (status !== 0) console.error(stderr);
  count(Math.max(all, 1), status === 0 ? 0 : Math.max(bad, 1));
  console.log(`triton-local: ${all} tests ${status === 0 ? 'ok' : 'failed'}`);
}

function jest(args) {
  const report = join(cache, 'jest.json');
  mkdirSync(cache, { recursive: true });
  rmSync(report, { force: true });
  // Dynamic imports of ESM-only packages stay native inside Jest only with this flag.
  const env = {
    ...process.env,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`,
    AIAA_CACHE: cache,
  };
  spawnSync(
    process.execPath,
    [join('node_modules', 'jest', 'bin', 'jest.js'), '--passWithNoTests', '--json', '--outputFile', report, ...args],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env },
  );
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    console.error('the tests ended without a report');
    totals.failed += 1;
    return;
  }
  totals.passed += result.numPassedTests;
  totals.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  totals.skipped += result.numPendingTests;
}

try {
  main();
} catch (error) {
  exitWith(error);
}
