import { parseDocument } from 'yaml';
import { fail, messageOf } from '../errors';

/** Real configs have some ten kilobytes; they are read on the thread that answers everybody. */
const MAX_BYTES = 1 << 20;
/** How often aliases may be followed: a few lines of them can stand for billions of values. */
const MAX_ALIASES = 100;

/**
 * The text of a config as JSON. YAML, in which MONAI bundles may be written, is converted: YAML 1.1 as MONAI's own reader (PyYAML's
 * `safe_load`) has it, so that `yes` is true; tags of other programs, keys that are there twice and several documents are refused.
 * Text that begins like JSON stays as it is, and so does YAML that is not a mapping or a list: the reader of JSON says what is wrong.
 * @throws BAD_CONFIG naming line and column
 */
export function asJsonText(text: string): string {
  checkLength(text);
  if (/^\s*[[{]/.test(text)) return text;
  const value = readYaml(text);
  return typeof value === 'object' && value !== null ? JSON.stringify(value, finite, 2) : text;
}

/** @throws BAD_CONFIG */
export function parseJson(text: string): unknown {
  checkLength(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail('BAD_CONFIG', { what: `it is not JSON: ${messageOf(error)}` }, { cause: error });
  }
}

function checkLength(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) throw fail('BAD_CONFIG', { what: `it has ${bytes} bytes, the limit is ${MAX_BYTES}` });
}

function readYaml(text: string): unknown {
  try {
    const document = parseDocument(text, { version: '1.1', prettyErrors: true });
    // An unknown tag is a warning to the library, which then goes on without it.
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const [line] = messageOf(error).split('\n');
    throw fail('BAD_CONFIG', { what: `it is neither JSON nor YAML that can be read: ${line}` }, { cause: error });
  }
}

/** JSON has no infinity, and would write null. */
function finite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw fail('BAD_CONFIG', { what: `its "${key}" is ${value}; write a finite number` });
  return value;
}
