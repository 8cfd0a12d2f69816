import { allocate, type NumericArray } from '../volume';

type Operand = NumericArray | number;

/** What two arrays, or an array and a number, can be combined with; comparisons give 1 and 0. */
export type Operator = '+' | '-' | '*' | '/' | '>' | '>=' | '<' | '<=' | '==' | '!=' | '&' | '|';

const operations: Record<Operator, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '>': (a, b) => (a > b ? 1 : 0),
  '>=': (a, b) => (a >= b ? 1 : 0),
  '<': (a, b) => (a < b ? 1 : 0),
  '<=': (a, b) => (a <= b ? 1 : 0),
  '==': (a, b) => (a === b ? 1 : 0),
  '!=': (a, b) => (a !== b ? 1 : 0),
  '&': (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  '|': (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
};

/** Voxel by voxel; float32 for arithmetic, uint8 for comparisons. */
export function combine(operator: Operator, a: Operand, b: Operand, length: number): NumericArray {
  const operation = operations[operator];
  const out: NumericArray = '+-*/'.includes(operator) ? allocate(Float32Array, length) : allocate(Uint8Array, length);
  const [left, right] = [asArray(a), asArray(b)];
  for (let i = 0; i < length; i++) {
    out[i] = operation(left.length === 1 ? left[0] : left[i], right.length === 1 ? right[0] : right[i]);
  }
  return out;
}

/** `a` where the condition is not 0, else `b`; as float32. */
export function choose(condition: NumericArray, a: Operand, b: Operand): Float32Array {
  const out = allocate(Float32Array, condition.length);
  const [yes, no] = [asArray(a), asArray(b)];
  for (let i = 0; i < out.length; i++) {
    const from = condition[i] !== 0 ? yes : no;
    out[i] = from.length === 1 ? from[0] : from[i];
  }
  return out;
}

const asArray = (operand: Operand): NumericArray => (typeof operand === 'number' ? Float64Array.of(operand) : operand);
