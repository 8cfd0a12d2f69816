const { statSync } = require('node:fs');
const vm = require('node:vm');
const { default: Runtime } = require('jest-runtime');

/**
 * What a worker has found out about modules, for all test files that it runs. Jest itself forgets it after each file,
 * so that it resolves, reads and compiles some hundred modules again for each: half of the time of all unit tests.
 * Nothing that runs is shared: each test file still runs its own copy of each module, in a context of its own.
 */
const known = {
  /** Requiring module and what it names → path. */
  paths: new Map(),
  /** Path → code as Jest transforms it, as of which time. */
  code: new Map(),
  /** Path → its compiled script, and the code it was made from. */
  scripts: new Map(),
};

/** What runs the code of the file that is tested now: scripts import by it. */
let current;

/** Jest 30's runtime, which remembers over test files. It reaches into parts that Jest doesn't document; where they are gone, tests end with a TypeError at the first file. */
class RememberingRuntime extends Runtime {
  constructor(...args) {
    super(...args);
    rememberPaths(this._resolution);
    rememberCode(this.transformCache);
    rememberScripts(this.executor);
  }
}

function rememberPaths(resolution) {
  const { resolveCjs } = resolution;
  resolution.resolveCjs = (from, to) => {
    if (!to) return from;
    const key = `${from}\0${to}`;
    if (!known.paths.has(key)) known.paths.set(key, resolveCjs.call(resolution, from, to));
    return known.paths.get(key);
  };
}

function rememberCode(cache) {
  const { transform, sourceMaps } = cache;
  cache.transform = (file, options) => {
    const key = options?.isInternalModule ? `internal ${file}` : file;
    const { mtimeMs } = statSync(file);
    let entry = known.code.get(key);
    if (entry?.mtimeMs !== mtimeMs) {
      entry = { mtimeMs, text: transform.call(cache, file, options), map: sourceMaps.get(file) };
      known.code.set(key, entry);
    }
    if (entry.map) sourceMaps.set(file, entry.map);
    return entry.text;
  };
}

function rememberScripts(executor) {
  current = executor;
  const { compile, injectedModuleParameters } = executor;
  executor.compile = (code, filename) => {
    const context = executor.environment.getVmContext();
    if (!context) return null;
    try {
      return scriptOf(injectedModuleParameters, code, filename).runInContext(context);
    } catch (error) {
      // Jest has words of its own for code that doesn't compile.
      if (error instanceof SyntaxError) return compile.call(executor, code, filename);
      throw error;
    }
  };
}

/** Not within the function above: the script would keep that one's test file in memory. */
function scriptOf(parameters, code, filename) {
  const entry = known.scripts.get(filename);
  if (entry?.code === code) return entry.script;
  const head = `(function (${parameters.join(', ')}) {`;
  const script = new vm.Script(`${head}${code}\n})`, {
    filename,
    // So that a place in the first line is where the source map has it.
    columnOffset: -head.length,
    importModuleDynamically: (specifier, _script, attributes) =>
      current.dynamicImport(specifier, filename, current.environment.getVmContext(), attributes),
  });
  known.scripts.set(filename, { code, script });
  return script;
}

module.exports = { __esModule: true, default: RememberingRuntime };
