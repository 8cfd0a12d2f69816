import { setImmediate } from 'node:timers/promises';
import { textOf, withTorchArchive } from '../formats/torch-archive';
import { foreignTorchMethods, torchClasses, torchOperators } from './known-operators';

/** All code of one network; public ones have up to half a megabyte. */
const MAX_CODE_BYTES = 32 << 20;

/** The form of before PyTorch 1.4: a JSON text says where the code lies. */
const OLD_FORM = /^[^/]+\/model\.json$/i;

/** Compiled networks (AOTInductor) bring one. */
const LIBRARY = /\.(so|dll|dylib|o)$/i;

/**
 * Everything a TorchScript file does besides computing, in all of its code: torch takes names without regard to case.
 * @returns one clause for each: `aten::from_file in code/__torch__.py, line 12 (reads or writes files)`
 * @throws Error when the file is damaged
 */
export function foreignTorchCode(path: string): Promise<string[]> {
  return withTorchArchive(path, async (entries) => {
    if (entries.some(({ name }) => OLD_FORM.test(name)))
      return ['it is TorchScript of before PyTorch 1.4, whose code is not looked into'];
    const code = entries.filter(({ name }) => /\.py$/i.test(name));
    const bytes = code.reduce((sum, entry) => sum + entry.bytes, 0);
    if (bytes > MAX_CODE_BYTES) throw new Error(`its code has ${bytes} bytes, the limit is ${MAX_CODE_BYTES}`);
    const found = entries.filter(({ name }) => LIBRARY.test(name)).map(({ name }) => `${within(name)} is a library`);
    for (const entry of code) {
      if (found.length >= MAX_FOUND) break;
      found.push(...(await foreignTorchOperators(await textOf(entry), within(entry.name))));
    }
    for (const entry of entries.filter(({ name }) => /pkl$/i.test(name)))
      found.push(...foreignTorchClasses(await textOf(entry), within(entry.name)));
    return found.slice(0, MAX_FOUND);
  });
}

/** Without the folder that every name in the archive begins with. */
const within = (name: string) => name.replace(/^[^/]+\//, '');

/** Names of one expression that are kept: `__torch__.torch.classes.namespace` is the longest that counts. */
const MAX_NAMES = 4;
/** More than anybody reads. */
const MAX_FOUND = 100;

/** Tokens between which other requests get their turn. */
const TURN = 1 << 13;

/**
 * Operators in the code of a TorchScript file that do more than compute. Its reader knows three ways to name one: `torch.name` (aten),
 * `ops.namespace.name`, and a method of a value (`x.name`); names may be kept in variables, so that each mention counts, called or not.
 * Classes of C++ come by `__torch__.torch.classes.namespace` (torch/csrc/jit/serialization/import_source.cpp of PyTorch 2.13).
 * @param file how messages call the code
 * @returns one clause for each, with the file and the line
 */
export async function foreignTorchOperators(source: string, file: string): Promise<string[]> {
  const found: string[] = [];
  let chain: string[] = [];
  let [line, seen, afterDot] = [1, 0, false];
  for (const token of tokensOf(source)) {
    if (++seen % TURN === 0) await setImmediate();
    if (token === '') continue;
    if (token === '\n') line++;
    else if (token === '.') {
      if (chain.length === 0) chain.push('');
      afterDot = true;
    } else {
      const isWord = WORD.test(token);
      if (isWord && afterDot) {
        if (chain.length <= MAX_NAMES) chain.push(token);
        else if (foreignTorchMethods.has(token)) chain[MAX_NAMES] = token;
      } else {
        end(token);
        chain = isWord ? [token] : [];
      }
      afterDot = false;
    }
  }
  end('');
  return found;

  function end(next: string): void {
    if (found.length >= MAX_FOUND) return;
    const refusal = refusalOf(chain, next, `in ${file}, line ${line}`);
    if (refusal) found.push(refusal);
  }
}

/** @param next the token after the names */
function refusalOf([head, ...names]: readonly string[], next: string, place: string): string | undefined {
  const [first, second, third] = names;
  // An attribute or an argument of that name.
  const isDeclared = names.length === 0 && (next === ':' || next === '=');
  if (head === 'torch' && !isDeclared) return judge('aten', first, place);
  if (head === 'ops' && !isDeclared) return judge(first, second, place);
  if (head === '__torch__' && first === 'torch' && second === 'classes')
    return torchClasses.includes(third) ? undefined : foreignClass(third, place);
  if (head === '__torch__' || head === 'CONSTANTS') return undefined;
  const method = names.find((name) => foreignTorchMethods.has(name));
  return method && torchOperators.refusal(place, method, 'aten');
}

function judge(namespace = 'ops', name = '*', place: string): string | undefined {
  return torchOperators.has(name, namespace) ? undefined : torchOperators.refusal(place, name, namespace);
}

const foreignClass = (namespace: string, place: string) =>
  `torch.classes.${namespace} ${place} (no class that holds weights)`;

/** C++ classes that a pickle of the file names beside those that hold weights. */
export const foreignTorchClasses = (pickle: string, file: string): string[] =>
  [...new Set([...pickle.matchAll(/__torch__[.\n]torch[.\n]classes[.\n](\w+)/g)].map(([, namespace]) => namespace))]
    .filter((namespace) => !torchClasses.includes(namespace))
    .map((namespace) => foreignClass(namespace, `in ${file}`));

const WORD = /^[A-Za-z_]/;

/**
 * Words, numbers, line ends and single characters; strings, comments and blanks are stepped over as torch's own lexer does (frontend/lexer.h).
 * Empty where nothing came for long.
 */
function* tokensOf(source: string): Generator<string> {
  const token = /[A-Za-z_]\w*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?j?|[^\S\n]+|\\\r?\n|[^]/y;
  for (let at = 0; at < source.length; at = token.lastIndex) {
    token.lastIndex = at;
    const [text] = token.exec(source)!;
    if (text === '#') {
      const end = source.indexOf('\n', at);
      token.lastIndex = end < 0 ? source.length : end;
    } else if (text === '"' || text === "'") {
      token.lastIndex = (yield* restOfString(source, at, text)) ?? at + 1;
      yield '""';
    } else if (text.endsWith('\n')) yield '\n';
    else yield text.trim();
  }
}

/** Line ends in a string. @returns where it ends; undefined when it does not, which torch refuses: what follows is read as code */
function* restOfString(source: string, start: number, quote: string): Generator<string, number | undefined> {
  const mark = source.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  const stop = quote === '"' ? /["\\\n]/g : /['\\\n]/g;
  stop.lastIndex = start + mark.length;
  for (let found = stop.exec(source); found; found = stop.exec(source)) {
    if (source.startsWith(mark, found.index)) return found.index + mark.length;
    if (found[0] === '\n' && mark.length === 1) return undefined;
    if (found[0] === '\\') stop.lastIndex++;
    yield found[0] === '\n' ? '\n' : '';
  }
  return undefined;
}
