import { isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { fail, messageOf } from '../errors';
import { isTooDeep, isTooDeepYaml, tooDeep } from './nesting';

/** Real configs have some ten kilobytes. */
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
  if (isTooDeepYaml(text)) throw tooDeep();
  const value = readYaml(text);
  return typeof value === 'object' && value !== null ? JSON.stringify(value, finite, 2) : text;
}

/** @throws BAD_CONFIG, also for values that lie deeper in each other than a stack can follow */
export function parseJson(text: string): unknown {
  checkLength(text);
  const value = readJson(text);
  if (isTooDeep(value)) throw tooDeep();
  return value;
}

function readJson(text: string): unknown {
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
    const lineCounter = new LineCounter();
    // The library compares each key with all before it.
    const document = parseDocument(text, { version: '1.1', prettyErrors: true, uniqueKeys: false, lineCounter });
    // An unknown tag is a warning to the library, which then goes on without it.
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    refuseKeysTwice(document, lineCounter);
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const [line] = messageOf(error).split('\n');
    throw fail('BAD_CONFIG', { what: `it is neither JSON nor YAML that can be read: ${line}` }, { cause: error });
  }
}

/** @throws Error with the line of the second one */
function refuseKeysTwice(document: Document, lines: LineCounter): void {
  visit(document, {
    Map(_at, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const { line, col } = lines.linePos(key.range![0]);
          throw new Error(`Map keys must be unique, and "${String(key.value)}" is there twice at line ${line}, column ${col}`);
        }
        seen.add(key.value);
      }
    },
  });
} // prettier-ignore

/** JSON has no infinity, and would write null. */
function finite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw fail('BAD_CONFIG', { what: `its "${key}" is ${value}; write a finite number` });
  return value;
}
