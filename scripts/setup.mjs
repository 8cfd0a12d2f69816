// What every command needs before it can run, from a fresh clone on: packages, the compiled gateway, the local Triton. Only Node's own modules here.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './npm-packages.mjs';
import { buildPages } from './web.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const cache = process.env.AIAA_CACHE || join(root, '.cache');
/** The first with zlib.crc32. */
const OLDEST_NODE = [20, 15];

/** A failure that is the machine's or the user's: printed without a stack. */
export class SetupError extends Error {}

/**
 * Makes the checkout ready to run.
 * @param {{ triton?: boolean | string[], log?: (line: string) => void }} options `triton`: install the local Triton, with these extra backends;
 * `log`: where the steps are told
 */
export function setUp({ triton = true, log = console.log } = {}) {
  checkNode();
  // An image holds what was built and no sources.
  if (existsSync(join(root, 'gateway'))) {
    fetchPackages(log);
    build(log);
  }
  if (triton) installTriton(Array.isArray(triton) ? triton : []);
}

/** Runs a program in the foreground; @throws SetupError when it fails. */
export function runOrFail(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw new SetupError(`${program} cannot be started: ${error.message}`);
  if (status !== 0) throw new SetupError(`${[program, ...args].join(' ')} failed with exit code ${status}`);
}

/** A Python 3 for scripts that need no packages: the first of the usual names that runs. */
export function findPython() {
  for (const name of [process.env.AIAA_PYTHON, 'python3', 'python'].filter(Boolean)) {
    const { status } = spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'], { stdio: 'ignore' });
    if (status === 0) return name;
  }
  throw new SetupError(
    'Python 3.9 or newer is needed for the local Triton and was not found: install python3, or use docker compose --profile cpu up',
  );
}

/** The interpreter of the local Triton, which has pip; the system's often has none. */
export function pythonOfTriton() {
  return join(cache, 'triton-local', 'venv', 'bin', 'python3');
}

/** Compiles the gateway and its pages when a source is newer than the last build. */
export function build(log = console.log) {
  const newest = (...paths) => Math.max(...paths.flatMap((path) => sources(join(root, path))));
  const builtAt = (file) => (existsSync(join(root, 'dist', file)) ? statSync(join(root, 'dist', file)).mtimeMs : 0);
  // Not tsc's own .tsbuildinfo: `tsc --noEmit` renews that too.
  if (builtAt('.built') < newest('gateway', 'tsconfig.json')) {
    log('building the gateway …');
    compileWebAssembly();
    compile('tsconfig.json');
    writeFileSync(join(root, 'dist', '.built'), '');
  }
  const pages = join('web', '.built');
  if (builtAt(pages) < newest('web', join('gateway', 'contract'), join('scripts', 'web.mjs'), 'package-lock.json')) {
    log('building the pages …');
    // Checks types only; the scripts are bundled.
    compile(join('web', 'tsconfig.json'));
    buildPages();
    writeFileSync(join(root, 'dist', pages), '');
  }
}

/** AssemblyScript to WebAssembly: beside its sources, where tests look for it, and in dist/. */
function compileAssembly(folder, source, name, options) {
  const [sources, built] = [join('gateway', 'imaging', folder), join('dist', 'imaging', folder)];
  runOrFail(process.execPath, [
    join('node_modules', 'assemblyscript', 'bin', 'asc.js'),
    join(sources, 'assembly', source),
    ...['--outFile', join(sources, name), '-O3', '--noAssert', '--enable', 'simd', '--runtime', 'stub', ...options],
  ]);
  mkdirSync(join(root, built), { recursive: true });
  copyFileSync(join(root, sources, name), join(root, built, name));
}

function compileWebAssembly() {
  compileAssembly('simd', 'index.ts', 'kernels.wasm', [
    // That of arena.ts: its largest size must be said here as well.
    ...['--enable', 'threads', '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65535'],
    // Functions that take vectors are for the other files alone.
    ...['--disableWarning', '112'],
  ]);
  // inflater.ts says what lies where in these 512 KB.
  compileAssembly('inflate', 'inflate.ts', 'inflate.wasm', ['--initialMemory', '8', '--maximumMemory', '8']);
}

function compile(project) {
  runOrFail(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', project]);
}

/** Prints what went wrong and ends the process: setup errors as a sentence, others with their stack. */
export function exitWith(error) {
  console.error(error instanceof SetupError ? `\n${error.message}` : error);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    throw new SetupError(`Node ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.versions.node}`);
}

function fetchPackages(log) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  log('installing packages …');
  const why = installPackages({ root, cache, log });
  if (why) throw new SetupError(why);
  writeFileSync(stamp, lock);
}

function installTriton(backends) {
  mkdirSync(cache, { recursive: true });
  const extra = backends.length ? ['--with', backends.join(',')] : [];
  runOrFail(findPython(), [join('triton-local', 'install.py'), ...extra], {
    env: { ...process.env, AIAA_CACHE: cache },
  });
}

/** Times of change of a file, or of all files below a folder. */
function sources(path) {
  const about = statSync(path);
  return about.isDirectory() ? readdirSync(path).flatMap((name) => sources(join(path, name))) : about.mtimeMs;
}
