import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, SetupError } from '../setup.mjs';

const PROJECT = 'aiaa-containers-test';
export const SINGLE = `${PROJECT}-aiaa`;
export const TAG = 'containers-test';
/** A name that clients use, and that the gateway is told. */
export const NAME = 'ai.hospital.example';
export const ports = Object.fromEntries(
  ['compose', 'single', 'pod'].map((name, at) => [name, 25_000 + 1000 * at + (process.pid % 1000)]),
);

/** For overrides of what this machine cannot set; removed at the end. */
export const folder = mkdtempSync(join(tmpdir(), 'containers-'));
const files = ['docker-compose.yml'];
/** Of compose, all that are up. */
export const profiles = ['cpu'];

/** Of a compose file as it is shipped: sizes that a small machine has, and nothing of who may do what. */
export const environment = {
  ...process.env,
  COMPOSE_PROJECT_NAME: PROJECT,
  GATEWAY_TAG: TAG,
  AIAA_PORT: String(ports.compose),
  AIAA_HOSTS: NAME,
  SHM_SIZE: '1g',
  GATEWAY_MEMORY: '4g',
  TRITON_MEMORY: '4g',
};

export function run(program, args, { fails = false, input } = {}) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    input,
  });
  if (error) throw new SetupError(`${program} cannot be started: ${error.message}`);
  if ((status !== 0) !== fails)
    throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout.slice(-2000)}${stderr.slice(-2000)}`);
  return stdout.trim();
}

export const docker = (...args) => run('docker', args);
/** What is built of the lines of a Dockerfile alone. */
export const dockerBuildOf = (dockerfile, tag) =>
  run('docker', ['build', '--quiet', '--tag', tag, '-'], { input: dockerfile });
const hasPlugin = () => spawnSync('docker', ['compose', 'version'], { env: environment }).status === 0;
let composeProgram;

export function compose(...args) {
  composeProgram ??= hasPlugin() ? ['docker', 'compose'] : ['docker-compose'];
  const [program, ...first] = composeProgram;
  if (args.includes('up')) ids.clear();
  const given = [...files.flatMap((file) => ['-f', file]), ...profiles.flatMap((name) => ['--profile', name])];
  return run(program, [...first, ...given, ...args]);
}

/** Container of each service, until the next `up` makes others. */
const ids = new Map();
export function idOf(service) {
  if (!ids.has(service)) ids.set(service, compose('ps', '-q', service));
  return ids.get(service);
}
export const execIn = (container, script) => docker('exec', container, 'sh', '-c', script);
export const inside = (service, script) => execIn(idOf(service), script);
/** @throws Error where the script does not fail */
export const refused = (service, script) => run('docker', ['exec', idOf(service), 'sh', '-c', script], { fails: true });
export const inspect = (id) => JSON.parse(docker('inspect', id))[0];
/** Removes what need not be there. */
export const quietly = (...args) => void spawnSync('docker', args, { env: environment });

/** Limits that this machine's engine may not set are left at its own. @returns {string | undefined} which */
export function leaveOutWhatIsRefused(image) {
  const { status } = spawnSync('docker', ['run', '--rm', '--ulimit', 'memlock=-1', image, 'true'], {
    env: environment,
  });
  if (status === 0) return undefined;
  const file = join(folder, 'limits.yml');
  const less = (service) => `  ${service}:\n    ulimits:\n      memlock: 65536\n`;
  writeFileSync(file, `services:\n${['triton-cpu', 'triton-tensorflow'].map(less).join('')}`);
  files.push(file);
  return 'memlock: -1 is refused on this machine and left out';
}
