// npm run lint: code rules, format, the table of rooms, and generated documents that must not be stale.
import { join } from 'node:path';
import { exitWith, root, runOrFail, setUp, SetupError } from './setup.mjs';

const tool = (name, ...path) => [join(root, 'node_modules', name, ...path)];

export const checks = {
  eslint: [...tool('eslint', 'bin', 'eslint.js'), '--max-warnings', '0', '.'],
  prettier: [
    ...tool('prettier', 'bin', 'prettier.cjs'),
    '--check',
    '--log-level',
    'warn',
    'gateway',
    'web',
    'tests',
    'scripts',
    'bench',
    'samples/*.mjs',
    '*.{js,mjs,cjs}',
  ],
  rooms: [
    ...tool('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err',
    'gateway',
  ],
  documents: [join(root, 'scripts', 'docs.mjs'), '--check'],
};

/** Runs every check; returns the names of those that failed. */
export function lint() {
  return Object.entries(checks).flatMap(([name, args]) => {
    try {
      runOrFail(process.execPath, args);
      console.log(`lint: ${name} ok`);
      return [];
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      console.error(`lint: ${name} failed`);
      return [name];
    }
  });
}

if (process.argv[1] === import.meta.filename) {
  try {
    setUp({ triton: false });
    process.exitCode = lint().length ? 1 : 0;
  } catch (error) {
    exitWith(error);
  }
}
