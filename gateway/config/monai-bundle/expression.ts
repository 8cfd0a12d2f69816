import { ExpressionError, parseExpression, type Expression } from '../../transforms/python-expression';
import { isRecord } from '../findings';

/** Names that stand for a text: torch's other ones of dtypes, MONAI's of fields. */
const namedTexts = new Map([
  ['torch.half', 'float16'],
  ['torch.float', 'float32'],
  ['torch.double', 'float64'],
  ['torch.short', 'int16'],
  ['torch.int', 'int32'],
  ['torch.long', 'int64'],
  ['monai.transforms.utils.is_positive', 'lambda x: x > 0'],
  ['monai.utils.CommonKeys.IMAGE', 'image'],
  ['monai.utils.CommonKeys.LABEL', 'label'],
  ['monai.utils.CommonKeys.PRED', 'pred'],
]);

const textOf = (name: string) =>
  /^(?:numpy|np|torch)\.(u?int\d+|float\d+|bool)$/.exec(name)?.[1] ?? namedTexts.get(name);

const pythonCode = (name: string) => new ExpressionError(`"${name}" is Python code, which cannot run here`);

function checkName(name: string): void {
  if (textOf(name) === undefined && !isFunction(name)) throw pythonCode(name);
}

/**
 * The value of one of the few Python expressions that MONAI bundles use where a value is needed: literals, lists, `@references`, arithmetic,
 * comparisons, `and`, `or`, `not`, `A if C else B`, `list[0]`, a handful of functions (`len`, `float`, `os.path.join`, ...), dtypes such as
 * `numpy.float32`, and MONAI's names of fields. Everything else is refused.
 * @param text without the leading `$`
 * @param resolve gives the value of `@name#sub`
 * @param made hears of each value on the way. @default {@link countingValues} of this expression alone
 * @throws ExpressionError for anything outside the list above
 */
export function evaluateExpression(
  text: string,
  resolve: (reference: string) => unknown,
  made: (value: unknown) => void = countingValues(),
): unknown {
  const of = (tree: Expression): unknown => {
    const value = valueOf(tree, of, resolve);
    if (tree.kind !== 'value') made(value);
    return value;
  };
  return of(parseExpression(text, checkName));
}

/** A few expressions can name billions of values; no bundle has as many as this. */
const MOST_VALUES = 100_000;
/** So many letters count as one value. */
const LETTERS = 64;

/** A function that is told of each value that expressions make. @throws ExpressionError when all of them together hold too many values */
export function countingValues(): (value: unknown) => void {
  let left = MOST_VALUES;
  const count = (value: unknown): void => {
    left -= 1 + (typeof value === 'string' ? value.length / LETTERS : 0);
    if (left < 0) throw new ExpressionError(`the expressions of the config make more than ${MOST_VALUES} values`);
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) count(inner);
  };
  return count;
}

function valueOf(
  tree: Expression,
  of: (inner: Expression) => unknown,
  resolve: (reference: string) => unknown,
): unknown {
  switch (tree.kind) {
    case 'value':
      return tree.value;
    case 'reference':
      return resolve(tree.name);
    case 'list':
      return tree.items.map(of);
    case 'not':
      return !isTrue(of(tree.of));
    case 'negative': {
      const value = of(tree.of);
      if (typeof value === 'number') return -value;
      throw new ExpressionError('"-" stands before something that is not a number');
    }
    case 'choice':
      return of(isTrue(of(tree.condition)) ? tree.then : tree.otherwise);
    case 'operation': {
      const { operator, b } = tree;
      const a = of(tree.a);
      if (operator === 'or') return isTrue(a) ? a : of(b);
      if (operator === 'and') return isTrue(a) ? of(b) : a;
      if (operator === '+') return add(a, of(b));
      if (/^[=!<>]/.test(operator)) return compare(operator as Comparison, a, of(b));
      if (/^[-*/%]/.test(operator)) return calculate(operator as Arithmetic, a, of(b));
      throw new ExpressionError(`"${operator}" stands where the expression should end`);
    }
    case 'item':
      return item(of(tree.of), of(tree.key));
    case 'range':
      return range(of(tree.of), tree.from && of(tree.from), tree.to && of(tree.to));
    case 'call': {
      const { of: callee, list, named } = tree;
      if (callee.kind === 'name' && isFunction(callee.name) && named.size === 0)
        return functions[callee.name](list.map(of));
      throw pythonCode('name' in callee ? callee.name : '(');
    }
    case 'name':
    case 'attribute': {
      const text = tree.kind === 'name' ? textOf(tree.name) : undefined;
      if (text !== undefined) return text;
      throw pythonCode(tree.name);
    }
  }
}

// Results of the operators and functions, as in Python: only data go in and come out.

const MAX_LENGTH = 100_000;

const show = (value: unknown) => (JSON.stringify(value) ?? String(value)).slice(0, 60);

/** Numbers are added, texts and lists put one after the other. */
function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  const texts = typeof a === 'string' && typeof b === 'string';
  const lists = Array.isArray(a) && Array.isArray(b);
  if ((texts || lists) && a.length + b.length > MAX_LENGTH) throw new ExpressionError('its result is too long');
  if (texts) return a + b;
  if (lists) return [...(a as unknown[]), ...(b as unknown[])];
  throw new ExpressionError('"+" needs two numbers, two texts or two lists');
}

type Arithmetic = '-' | '*' | '/' | '//' | '%';
type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** `//` and `%` round down, as in Python; `*` also repeats a list. @throws ExpressionError for other values, or a division by zero */
function calculate(sign: Arithmetic, a: unknown, b: unknown): unknown {
  if (sign === '*' && Array.isArray(a) && typeof b === 'number') return repeated(a, b);
  if (typeof a !== 'number' || typeof b !== 'number') throw new ExpressionError(`"${sign}" needs two numbers, not ${show(a)} and ${show(b)}`);
  if (sign === '-') return a - b;
  if (sign === '*') return a * b;
  if (b === 0) throw new ExpressionError('it divides by zero');
  if (sign === '/') return a / b;
  return sign === '//' ? Math.floor(a / b) : a - Math.floor(a / b) * b;
} // prettier-ignore

function repeated(list: readonly unknown[], times: number): unknown[] {
  const count = Math.max(0, Math.trunc(times));
  if (list.length * count > MAX_LENGTH) throw new ExpressionError('its result is too long');
  return Array.from({ length: count }, () => list).flat();
}

/** `==` looks at the content of lists and objects; the others compare two numbers or two texts. */
function compare(sign: Comparison, a: unknown, b: unknown): boolean {
  if (sign === '==') return same(a, b);
  if (sign === '!=') return !same(a, b);
  const comparable = (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
  if (!comparable) throw new ExpressionError(`"${sign}" needs two numbers or two texts, not ${show(a)} and ${show(b)}`);
  const [x, y] = [a, b] as [number, number];
  return { '<': x < y, '<=': x <= y, '>': x > y, '>=': x >= y }[sign];
} // prettier-ignore

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Python's truth: empty texts, lists and objects are false. */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** `value[key]`: of a list by number (from the end when negative), of an object by name. @throws ExpressionError when it is not there */
function item(value: unknown, key: unknown): unknown {
  if ((Array.isArray(value) || typeof value === 'string') && Number.isInteger(key)) {
    const found = (value as unknown[])[(key as number) < 0 ? (key as number) + value.length : (key as number)];
    if (found !== undefined) return found;
  }
  if (isRecord(value) && typeof key === 'string' && Object.hasOwn(value, key)) return value[key];
  throw new ExpressionError(`[${show(key)}] of ${show(value)} is not there`);
}

/** `value[from:to]` of a list or a text. */
function range(value: unknown, from: unknown, to: unknown): unknown {
  const ends = [from ?? 0, to ?? undefined] as [number, number | undefined];
  const whole = ends.every((end) => end === undefined || Number.isInteger(end));
  if (whole && (Array.isArray(value) || typeof value === 'string')) return value.slice(...ends);
  throw new ExpressionError(`[${show(from)}:${show(to)}] of ${show(value)} is not there`);
}

const numbers = (given: readonly unknown[]): number[] => {
  const list = given.length === 1 && Array.isArray(given[0]) ? (given[0] as unknown[]) : [...given];
  if (list.length > 0 && list.every((value) => typeof value === 'number')) return list;
  throw new ExpressionError('it needs numbers');
};

const number = (given: unknown): number => {
  const value = typeof given === 'boolean' || typeof given === 'string' ? Number(given) : given;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ExpressionError(`${show(given)} is not a number`);
};

function texts(given: readonly unknown[]): readonly string[] {
  if (given.length > 0 && given.every((value) => typeof value === 'string')) return given;
  throw new ExpressionError('os.path.join() needs texts');
}

function list(value: unknown, failure = `${show(value)} is not a list`): unknown[] {
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (isRecord(value)) return Object.keys(value);
  throw new ExpressionError(failure);
}

const length = (value: unknown): number =>
  typeof value === 'string' ? value.length : list(value, 'len() needs a list, an object or a text').length;

/** Each from a list of arguments. None of them reaches a file, a module or another function. */
const functions: Record<string, (given: readonly unknown[]) => unknown> = {
  len: ([value]) => length(value),
  float: ([value]) => number(value),
  int: ([value]) => Math.trunc(number(value)),
  str: ([value]) => (typeof value === 'string' ? value : String(number(value))),
  bool: ([value]) => isTrue(value),
  abs: ([value]) => Math.abs(number(value)),
  max: (given) => Math.max(...numbers(given)),
  min: (given) => Math.min(...numbers(given)),
  sum: (given) => numbers(given).reduce((a, b) => a + b, 0),
  list: ([value]) => list(value),
  // Devices end in arguments without effect; there is no GPU for Python here.
  'torch.device': (given) => given.map(String).join(':'),
  'torch.cuda.is_available': () => false,
  'torch.cuda.device_count': () => 0,
  tuple: ([value]) => list(value),
  // A later part that is absolute stands for all before it.
  'os.path.join': (given) => texts(given).reduce((path, part) => (part.startsWith('/') ? part : path.endsWith('/') || path === '' ? path + part : `${path}/${part}`)),
}; // prettier-ignore

const isFunction = (name: string): boolean => Object.hasOwn(functions, name);
