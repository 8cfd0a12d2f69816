// The table of rooms in docs/principles.md, held by `npm run lint`: each room may import what stands behind it, nothing else.
const rooms = {
  settings: [],
  errors: [],
  text: [],
  'array-memory': [],
  access: ['errors', 'text'],
  telemetry: ['errors'],
  workspace: ['errors'],
  imaging: ['array-memory'],
  triton: ['errors', 'array-memory'],
  transforms: ['imaging', 'array-memory'],
  models: ['triton', 'errors', 'text', 'transforms', 'telemetry', 'workspace'],
  inference: ['transforms', 'imaging', 'array-memory', 'triton', 'errors', 'models/model-spec', 'telemetry'],
  sessions: ['imaging/formats', 'errors', 'workspace'],
  'run-file': [],
  cli: ['access', 'settings', 'run-file', 'text'],
  routes: ['access', 'models', 'sessions', 'inference', 'telemetry', 'errors', 'text', 'settings', 'workspace'],
};

const pathOf = (room) => `^gateway/${room}(/|\\.ts$)`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `room-${room}`,
      severity: 'error',
      comment: `gateway/${room} may import only: ${allowed.join(', ') || 'libraries'}`,
      from: { path: pathOf(room) },
      to: { path: '^gateway/', pathNot: [room, ...allowed].map(pathOf) },
    })),
    {
      name: 'nobody-uses-the-command-line',
      severity: 'error',
      comment: 'the command line is a client of the server',
      from: { path: '^gateway/', pathNot: '^gateway/cli/' },
      to: { path: '^gateway/cli/' },
    },
    {
      name: 'only-app-and-main-use-routes',
      severity: 'error',
      from: { path: '^gateway/', pathNot: '^gateway/(main|app)\\.ts$|^gateway/routes/' },
      to: { path: '^gateway/routes/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
