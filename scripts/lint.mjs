// npm run lint: code rules, format, types, which module may import which, and generated documents that must not be stale.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cache, exitWith, root, setUp } from './setup.mjs';

const tool = (name, ...path) => join(root, 'node_modules', name, ...path);
const formatted = ['gateway', 'web', 'tests', 'scripts', 'bench', 'samples/*.mjs', '*.{js,mjs,cjs}'];

/** The slowest first: two run at a time. What did not change is not looked at again. */
const checks = {
  rules: [tool('oxlint', 'bin', 'oxlint'), '--deny-warnings', '.'],
  types: [
    tool('typescript', 'bin', 'tsc'),
    ...[
      '-p',
      'tests/tsconfig.json',
      '--noEmit',
      '--incremental',
      '--tsBuildInfoFile',
      join(cache, 'types.tsbuildinfo'),
    ],
  ],
  format: [
    tool('prettier', 'bin', 'prettier.cjs'),
    ...['--check', '--log-level', 'warn', '--cache', '--cache-location', join(cache, 'prettier'), ...formatted],
  ],
  modules: [
    tool('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    ...['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'gateway'],
  ],
  documents: [join(root, 'scripts', 'docs.mjs'), '--check'],
};

/**
 * Runs every check, and says which are good.
 *
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function lint() {
  const outcome = { passed: 0, failed: 0 };
  const waiting = Object.entries(checks);
  const takeNext = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const [name, args] = check;
      const { status, output } = await run(args);
      outcome[status === 0 ? 'passed' : 'failed']++;
      console.log(status === 0 ? `lint: ${name} ok` : `${output}\nlint: ${name} failed`);
    }
  };
  await Promise.all([takeNext(), takeNext()]);
  return outcome;
}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.once('error', reject).once('close', (status) => resolve({ status, output: output.trim() }));
  });
}

if (process.argv[1] === import.meta.filename) {
  try {
    setUp({ triton: false });
    process.exitCode = (await lint()).failed ? 1 : 0;
  } catch (error) {
    exitWith(error);
  }
}
