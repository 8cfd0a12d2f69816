// The table of modules in docs/principles.md, held by `npm run lint`: a module imports only what its row names.
const modules = {
  flags: [],
  settings: ['flags'],
  'disk-errors': [],
  sentence: ['disk-errors'],
  errors: ['sentence', 'disk-errors'],
  text: [],
  contract: [],
  arena: [],
  'model-spec': ['transforms/monai-version', 'triton/model-config'],
  access: ['errors', 'text'],
  telemetry: ['contract', 'errors', 'sentence'],
  workspace: ['errors', 'disk-errors', 'sentence'],
  imaging: ['arena', 'sentence'],
  triton: ['errors', 'sentence', 'arena'],
  transforms: ['imaging', 'arena', 'sentence'],
  config: ['model-spec', 'transforms', 'triton', 'errors', 'text'],
  packages: ['config', 'model-spec', 'triton', 'transforms', 'errors', 'disk-errors', 'sentence', 'text', 'workspace'],
  deployment: [
    'packages',
    'config',
    'model-spec',
    'triton',
    'transforms',
    'errors',
    'disk-errors',
    'sentence',
    'text',
    'telemetry',
    'workspace',
  ],
  pipeline: ['transforms', 'imaging', 'arena', 'triton', 'model-spec', 'errors', 'disk-errors', 'sentence', 'telemetry'],
  jobs: ['contract', 'pipeline', 'transforms', 'imaging', 'arena', 'triton', 'errors', 'disk-errors', 'sentence', 'text', 'telemetry'],
  sessions: ['imaging/formats', 'errors', 'disk-errors', 'sentence', 'workspace'],
  cli: ['access', 'contract', 'flags', 'settings', 'workspace/run-file', 'text'],
  http: [
    ...['access', 'jobs', 'pipeline', 'sessions', 'deployment', 'packages', 'config', 'model-spec'],
    ...['contract', 'telemetry', 'triton/error-codes', 'workspace', 'flags', 'settings', 'errors', 'disk-errors', 'sentence', 'text'],
  ],
};

const pathOf = (name) => `^gateway/${name}(/|\\.ts$)`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    ...Object.entries(modules).map(([name, allowed]) => ({
      name: `module-${name}`,
      severity: 'error',
      comment: `gateway/${name} may import only: ${allowed.join(', ') || 'libraries'}`,
      from: { path: pathOf(name) },
      to: { path: '^gateway/', pathNot: [name, ...allowed].map(pathOf) },
    })),
    {
      name: 'nobody-uses-the-command-line',
      severity: 'error',
      comment: 'the command line is a client of the server',
      from: { path: '^gateway/', pathNot: '^gateway/cli/' },
      to: { path: '^gateway/cli/' },
    },
    {
      name: 'only-app-and-main-use-http',
      severity: 'error',
      from: { path: '^gateway/', pathNot: '^gateway/(main|app)\\.ts$|^gateway/http/' },
      to: { path: '^gateway/http/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
