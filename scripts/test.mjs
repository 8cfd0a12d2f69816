// npm test: lint, types and all tests, lint beside the rest; system tests have a real Triton.
// npm test -- --fast: lint, types and the unit tests that take a moment.
// npm test -- [jest arguments]: only these tests.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { lint } from './lint.mjs';
import { cache, exitWith, pythonOfTriton, root, setUp } from './setup.mjs';

/** What `--fast` leaves out: whole processes, and files whose name says that they try very many inputs or large ones. */
const slow = ['/tests/(system|browser|deploy)/', '\\.slow\\.test\\.ts$'];

const totals = { passed: 0, failed: 0 };
/** Reason → files → how many of their tests were skipped for it. */
const skipped = new Map();

const scratch = temporaryFolder();

async function main() {
  const given = process.argv.slice(2);
  const fast = given.includes('--fast');
  const only = given.filter((argument) => argument !== '--fast');
  setUp({ triton: false });
  const linting = only.length === 0 ? lint() : undefined;
  if (only.length > 0) {
    if (!fast) installAll();
    await jest(only, { fast });
  } else {
    const unit = jest([], { fast: true });
    if (!fast) {
      // Mostly waits for the network and the disk: unit tests and lint run beside it.
      try {
        installAll();
        localTriton();
      } finally {
        await unit;
      }
      await jest(slow);
    }
    await unit;
    count(await linting);
  }
  if (fast)
    console.log('\nleft out: tests/system, tests/browser, tests/deploy and *.slow.test.ts; npm test runs them too');
  console.log(`\n${totals.passed} passed, ${totals.failed} failed${inWords(skipped)}`);
  process.exitCode = totals.failed ? 1 : 0;
}

/**
 * Folder of this run for what tests write: in memory where there is room and programs may run from it. A model that is
 * stored waits for the disk a dozen times, and tests store thousands. What a killed run left there goes first.
 */
function temporaryFolder() {
  const [memory, prefix] = ['/dev/shm', 'aiaa-tests-'];
  const TMPFS = 0x01021994;
  const ROOM_BYTES = 6e9;
  if (!existsSync(memory)) return tmpdir();
  for (const name of readdirSync(memory).filter((name) => name.startsWith(prefix)))
    if (!existsSync(`/proc/${name.split('-')[2]}`)) rmSync(join(memory, name), { recursive: true, force: true });
  const { type, bavail, bsize } = statfsSync(memory);
  if (type !== TMPFS || bavail * bsize < ROOM_BYTES) return tmpdir();
  const folder = mkdtempSync(join(memory, `${prefix}${process.pid}-`));
  const program = join(folder, 'runs');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  const runs = spawnSync(program).status === 0;
  // Other users have models there, as in /tmp.
  chmodSync(folder, 0o1777);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.on('SIGINT', () => process.exit(130));
  return runs ? folder : tmpdir();
}

function installAll() {
  setUp({ triton: ['pytorch', 'tensorflow'] });
  installPrograms();
  fetchViewer();
  installClients();
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

/** Releases of nninteractive-client, which tests run as they are. The first one comes with what it needs, the others need the same. */
const clients = {
  'nninteractive-2.6': 'nninteractive-client==2.6.0',
  'nninteractive-2.5': 'nninteractive-client==2.5.2',
};

/** For the Python of Triton, which is there anyway. Without them their tests are skipped, and say so. */
function installClients() {
  for (const [at, [name, client]] of Object.entries(clients).entries()) {
    const [folder, stamp] = [join(cache, name), join(cache, name, 'installed.txt')];
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === client) continue;
    console.log(`installing ${client} …`);
    rmSync(folder, { recursive: true, force: true });
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-compile',
      '--target',
      folder,
      ...(at > 0 ? ['--no-deps'] : []),
    ];
    const { status } = spawnSync(pythonOfTriton(), [...pip, client], { stdio: 'ignore', timeout: 300_000 });
    if (status === 0) writeFileSync(stamp, client);
    else console.error(`${client} could not be installed`);
  }
}

function count({ passed, failed }) {
  totals.passed += passed;
  totals.failed += failed;
}

/** The helper functions of triton-local/, with the interpreter they run on. */
function localTriton() {
  const args = ['-m', 'unittest', 'discover', '-s', 'triton-local/tests'];
  const { status, stderr } = spawnSync(pythonOfTriton(), args, { cwd: root, encoding: 'utf8' });
  const all = Number(/Ran (\d+) test/.exec(stderr)?.[1] ?? 0);
  const bad = [...stderr.matchAll(/(?:failures|errors)=(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  if (status !== 0) console.error(stderr);
  const failed = status === 0 ? 0 : Math.max(bad, 1);
  count({ passed: Math.max(all - failed, 0), failed });
  console.log(`triton-local: ${all} tests ${status === 0 ? 'ok' : 'failed'}`);
}

/** @param {string[]} args paths of tests, or other arguments @param {{ fast?: boolean }} options `fast`: without the slow ones */
async function jest(args, { fast = false } = {}) {
  // A system test mostly waits, for example more than a second for each model that Triton loads.
  const workers = fast ? availableParallelism() : Math.min(availableParallelism() + 2, 8);
  const leftOut = fast ? slow.flatMap((pattern) => ['--testPathIgnorePatterns', pattern]) : [];
  const report = join(cache, fast ? 'jest-unit.json' : 'jest.json');
  mkdirSync(cache, { recursive: true });
  rmSync(report, { force: true });
  // Dynamic imports of ESM-only packages stay native inside Jest only with this flag.
  const env = {
    ...process.env,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`,
    AIAA_CACHE: cache,
    TMPDIR: scratch,
  };
  const child = spawn(
    process.execPath,
    [
      join('node_modules', 'jest', 'bin', 'jest.js'),
      '--passWithNoTests',
      '--json',
      '--outputFile',
      report,
      ...args,
      '--maxWorkers',
      String(workers),
      ...leftOut,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env },
  );
  await once(child, 'close');
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    console.error('the tests ended without a report');
    totals.failed += 1;
    return;
  }
  count({ passed: result.numPassedTests, failed: result.numFailedTests + result.numRuntimeErrorTestSuites });
  for (const { name, assertionResults } of result.testResults)
    for (const { status, fullName } of assertionResults)
      if (status === 'pending') noteSkipped(relative(root, name), fullName);
}

/** A test that is skipped says in its name, or in that of its group, what it needs: `(needs nginx)`. */
function noteSkipped(file, fullName) {
  const missing = /\bneeds ([^)]+)/.exec(fullName)?.[1] ?? `a reason in its name: ${fullName}`;
  const reason = missing.startsWith('../shared') ? 'files of ../shared' : missing;
  const files = skipped.get(reason) ?? new Map();
  skipped.set(reason, files.set(file, (files.get(file) ?? 0) + 1));
}

/** `, 7 skipped: 5 need nginx (tests/a.test.ts), 2 need …`; nothing when all ran. */
function inWords(skipped) {
  const sum = (files) => [...files.values()].reduce((total, number) => total + number, 0);
  const all = [...skipped.values()].reduce((total, files) => total + sum(files), 0);
  const reasons = [...skipped].map(([reason, files]) => {
    const number = sum(files);
    return `${number} need${number === 1 ? 's' : ''} ${reason} (${[...files.keys()].join(', ')})`;
  });
  return all === 0 ? '' : `, ${all} skipped: ${reasons.join('; ')}`;
}

try {
  await main();
} catch (error) {
  exitWith(error);
}
