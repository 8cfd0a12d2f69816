// @itk-wasm is ESM only and reached by dynamic import: keep that import native (ignoreDynamic).
const swc = {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'commonjs', ignoreDynamic: true },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
module.exports = {
  // Not in the temporary folder, which is gone after each run.
  cacheDirectory: '<rootDir>/.cache/jest',
  testEnvironment: 'node',
  // Half of the time of unit tests was loading the same modules again.
  runtime: '<rootDir>/tests/jest-runtime.js',
  // What Jest keeps of each file makes garbage collection slow: a new worker then, which takes a third less of the processor.
  workerIdleMemoryLimit: '400MB',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  globalSetup: '<rootDir>/tests/system/shared-server.setup.ts',
  globalTeardown: '<rootDir>/tests/system/shared-server.teardown.ts',
  setupFiles: ['<rootDir>/tests/arena.setup.ts', '<rootDir>/tests/connections.setup.ts'],
  // Ends what hangs. A machine that does something else beside is slow, not wrong.
  testTimeout: 600_000,
};
