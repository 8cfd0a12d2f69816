// The packages of the checkout from npm's registry, with a sentence within seconds where they cannot be had.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ANSWERS_WITHIN_MS = 4000;
/** A small package of the lock file: whoever has that has the others. */
const ASKED_FOR = 'p-limit';

/**
 * Runs `npm install` by the lock file.
 * @param {{ root: string, cache: string, log: (line: string) => void }} options `cache`: folder for what npm keeps where the user's cannot be written
 * @returns {string | undefined} why it is not done, in a sentence
 */
export function installPackages({ root, cache, log }) {
  const env = { ...process.env, ...cacheOf(root, join(cache, 'npm')) };
  const npm = (args, options) =>
    spawnSync('npm', args, { cwd: root, env, shell: process.platform === 'win32', ...options });
  // Not `npm ci`: it refuses a lock file without the optional binaries of every other platform, which some registries do not carry.
  const install = (args, stdio) =>
    npm(['install', '--no-save', '--no-progress', '--loglevel=error', ...args], { stdio }).status === 0;
  const asked = npm(
    ['view', ASKED_FOR, 'version', '--prefer-online', '--fetch-retries=0', `--fetch-timeout=${ANSWERS_WITHIN_MS}`],
    {
      encoding: 'utf8',
      timeout: ANSWERS_WITHIN_MS,
    },
  );
  if (asked.status === 0) return install([], 'inherit') ? undefined : 'npm install failed; its own words are above';
  log("npm's registry does not answer; looking whether npm has kept the packages …");
  if (install(['--offline'], 'ignore')) return undefined;
  const registry = npm(['config', 'get', 'registry'], { encoding: 'utf8' }).stdout?.trim();
  const why = /code (\S+)/.exec(asked.stderr ?? '')?.[1] ?? `no answer within ${ANSWERS_WITHIN_MS / 1000} s`;
  return `The packages cannot be fetched: ${registry} does not answer (${why}). They are needed once. Behind a proxy: export https_proxy=http://HOST:PORT; with a mirror: npm config set registry URL; without any network: carry over a folder where npm run demo has run (docs/guides/air-gapped.md)`;
}

/** npm's folder for what it fetched, beside the project where the usual one cannot be written. */
function cacheOf(root, instead) {
  const usual = spawnSync('npm', ['config', 'get', 'cache'], { cwd: root, encoding: 'utf8' }).stdout?.trim();
  return usual && isWritable(usual) ? {} : { npm_config_cache: instead };
}

function isWritable(folder) {
  if (!existsSync(folder)) return dirname(folder) !== folder && isWritable(dirname(folder));
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
