import { isRecord } from '../findings';
import { ExpressionError } from '../../transforms/python-expression';

// What an expression of a bundle makes of its values, as Python does: only data go in and come out.

const MAX_LENGTH = 100_000;

const show = (value: unknown) => (JSON.stringify(value) ?? String(value)).slice(0, 60);

/** Numbers are added, texts and lists put one after the other. */
export function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  const texts = typeof a === 'string' && typeof b === 'string';
  const lists = Array.isArray(a) && Array.isArray(b);
  if ((texts || lists) && a.length + b.length > MAX_LENGTH) throw new ExpressionError('its result is too long');
  if (texts) return a + b;
  if (lists) return [...(a as unknown[]), ...(b as unknown[])];
  throw new ExpressionError('"+" needs two numbers, two texts or two lists');
}

export type Arithmetic = '-' | '*' | '/' | '//' | '%';

/** `//` and `%` round down, as in Python; `*` also repeats a list. @throws ExpressionError for other values, or a division by zero */
export function calculate(sign: Arithmetic, a: unknown, b: unknown): unknown {
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

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** `==` looks at the content of lists and objects; the others compare two numbers or two texts. */
export function compare(sign: Comparison, a: unknown, b: unknown): boolean {
  if (sign === '==') return same(a, b);
  if (sign === '!=') return !same(a, b);
  const comparable = (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
  if (!comparable) throw new ExpressionError(`"${sign}" needs two numbers or two texts, not ${show(a)} and ${show(b)}`);
  const [x, y] = [a, b] as [number, number];
  return { '<': x < y, '<=': x <= y, '>': x > y, '>=': x >= y }[sign];
} // prettier-ignore

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Python's truth: empty texts, lists and objects are false. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** `value[key]`: of a list by number (from the end when negative), of an object by name. @throws ExpressionError when it is not there */
export function item(value: unknown, key: unknown): unknown {
  if ((Array.isArray(value) || typeof value === 'string') && Number.isInteger(key)) {
    const found = (value as unknown[])[(key as number) < 0 ? (key as number) + value.length : (key as number)];
    if (found !== undefined) return found;
  }
  if (isRecord(value) && typeof key === 'string' && Object.hasOwn(value, key)) return value[key];
  throw new ExpressionError(`[${show(key)}] of ${show(value)} is not there`);
}

/** `value[from:to]` of a list or a text. */
export function range(value: unknown, from: unknown, to: unknown): unknown {
  const [start, end] = [from ?? 0, to ?? undefined];
  if (
    (Array.isArray(value) || typeof value === 'string') &&
    Number.isInteger(start) &&
    (end === undefined || Number.isInteger(end))
  )
    return value.slice(start as number, end as number | undefined);
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

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (isRecord(value)) return Object.keys(value);
  throw new ExpressionError(`${show(value)} is not a list`);
}

function length(value: unknown): number {
  if (Array.isArray(value) || typeof value === 'string') return value.length;
  if (isRecord(value)) return Object.keys(value).length;
  throw new ExpressionError('len() needs a list, an object or a text');
}

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

export const isFunction = (name: string): boolean => Object.hasOwn(functions, name);

/** @param name one that `isFunction` knows */
export const call = (name: string, given: readonly unknown[]): unknown => functions[name](given);
