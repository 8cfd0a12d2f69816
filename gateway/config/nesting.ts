import { Lexer } from 'yaml';
import { fail } from '../errors';

/** Of lists and mappings within each other: real configs have some fifteen. */
const DEEPEST = 100;
/** Spaces before a line of YAML: each level has one at least. */
const WIDEST_INDENT = 5 * DEEPEST;

/** Whether values lie deeper within each other than those of any config: that would exhaust the stack of everything that walks them. */
export function isTooDeep(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/**
 * The same for YAML, before it is read: its reader goes down level by level, and where the stack of a thread is used up, the V8 of Node 20 ends the whole
 * process if a regular expression is compiled there. Lists lie within each other by brackets, by `- - -` and by indentation.
 */
export function isTooDeepYaml(text: string): boolean {
  let [depth, onLine, isStart] = [0, 0, true];
  // The lexer does not go down; a text in quotes or a block is one token.
  for (const token of new Lexer().lex(text)) {
    if (isStart && token[0] === ' ' && token.length > WIDEST_INDENT) return true;
    isStart = token === '\n' || token === '\r\n';
    if (isStart) onLine = 0;
    else if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    else if (token === '-' || token === '?') onLine++;
    if (depth > DEEPEST || onLine > DEEPEST) return true;
  }
  return false;
}

export const tooDeep = () => fail('BAD_CONFIG', { what: `its values are nested more than ${DEEPEST} levels deep` });
