import { isRecord, type ConfigPath, type Findings } from './findings';

/** Keys that make Triton run foreign code or read foreign files, and why in words for the author of a config. */
const refusedKeys: Record<string, string> = {
  runtime: 'it makes Triton run a Python file',
  model_operations: 'it makes Triton load a library',
  cc_model_filenames: 'it names model files that are not looked into',
  model_repository_agents: 'it makes Triton load a library',
  ensemble_scheduling: 'an ensemble reaches other models of the server',
};

/** Those of them that only run what the model itself brings. */
const codeKeys = ['runtime', 'model_operations', 'cc_model_filenames'];

/**
 * Takes what an uploaded config must not hold out of a `triton` section and records it; the rest is returned.
 * An upload of a model is an execution of code unless configs and formats stay data.
 * @param allowCode the operator allows models that bring code (`--allow_code_models`); other models and files stay out of reach
 */
export function refuseUnsafeKeys(
  section: Record<string, unknown>,
  path: ConfigPath,
  findings: Findings,
  allowCode = false,
): Record<string, unknown> {
  const safe = { ...section };
  for (const [key, why] of Object.entries(refusedKeys)) {
    if (allowCode && codeKeys.includes(key)) continue;
    if (safe[key] === undefined || safe[key] === null || safe[key] === '') continue;
    refuse([...path, key], safe[key], `left out: ${why}`, findings);
    delete safe[key];
  }
  if (safe.backend === 'python' && !allowCode) {
    const expected = 'left out or another backend: Python models run code on the server';
    refuse([...path, 'backend'], safe.backend, expected, findings);
    delete safe.backend;
  }
  if (!allowCode) refuseCodeFiles(safe, path, findings);
  refuseOutsidePaths(safe, path, findings);
  return safe;
}

/** Parameters of backends and accelerators that name an environment, a library, a plugin or a program; they are taken out. */
function refuseCodeFiles(section: Record<string, unknown>, path: ConfigPath, findings: Findings): void {
  for (const [key, value] of Object.entries(section)) {
    const place = [...path, key];
    const file = textOf(value);
    if (file !== undefined && (namesCode(key) || isCodeFile(file))) {
      refuse(place, value, 'left out: it names code to load or run', findings);
      delete section[key];
    } else if (isRecord(value)) refuseCodeFiles((section[key] = { ...value }), place, findings);
    else if (Array.isArray(value))
      section[key] = value.map((item: unknown, index) => {
        if (!isRecord(item)) return item;
        const copy = { ...item };
        refuseCodeFiles(copy, [...place, index], findings);
        return copy;
      });
  }
}

const namesCode = (key: string) =>
  /^execution_env_path$|(^|[_.])(libs?|librar(y|ies)|plugins?|modules?|python|init_ops)([_.]|$)/i.test(key);

const isCodeFile = (text: string) =>
  text.split(/[\s,;:]+/).some((name) => /\.(so(\.[\d.]+)?|dll|dylib|pyc?|pyd|sh|exe)$/i.test(name));

/** A text, or a parameter as config.pbtxt has it. */
const textOf = (value: unknown) =>
  typeof value === 'string'
    ? value
    : isRecord(value) && typeof value.string_value === 'string'
      ? value.string_value
      : undefined;

/** Values of keys that name a file or folder (`default_model_filename`, `input_data_file`, `trt_engine_cache_path`, ...) must stay inside. */
function refuseOutsidePaths(value: unknown, path: ConfigPath, findings: Findings): void {
  if (Array.isArray(value)) value.forEach((item, index) => refuseOutsidePaths(item, [...path, index], findings));
  if (!isRecord(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const file = textOf(inner);
    if (file !== undefined && namesFile(key) && leavesFolder(file)) {
      refuse([...path, key], file, "a name inside the model's own folder", findings);
    } else refuseOutsidePaths(inner, [...path, key], findings);
  }
}

const namesFile = (key: string) => /(^|_)(file|filename|path|paths|dir|directory)$/i.test(key);

const leavesFolder = (file: string) => /^([/\\~]|[A-Za-z]:)/.test(file) || file.split(/[/\\;:]/).includes('..');

const refuse = (path: ConfigPath, value: unknown, expected: string, findings: Findings) =>
  findings.add(path, value, expected, { kind: 'unsafe' });
