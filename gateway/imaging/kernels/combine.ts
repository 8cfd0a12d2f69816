import { allocate, type NumericArray } from '../volume';
import { perType } from './per-type';

type Operand = NumericArray | number;

/** What two arrays, or an array and a number, can be combined with; comparisons give 1 and 0. */
export type Operator = '+' | '-' | '*' | '/' | '>' | '>=' | '<' | '<=' | '==' | '!=' | '&' | '|';

const loops: Record<Operator, ReturnType<typeof loopOf>> = {
  '+': loopOf((a, b) => a + b),
  '-': loopOf((a, b) => a - b),
  '*': loopOf((a, b) => a * b),
  '/': loopOf((a, b) => a / b),
  '>': loopOf((a, b) => Number(a > b)),
  '>=': loopOf((a, b) => Number(a >= b)),
  '<': loopOf((a, b) => Number(a < b)),
  '<=': loopOf((a, b) => Number(a <= b)),
  '==': loopOf((a, b) => Number(a === b)),
  '!=': loopOf((a, b) => Number(a !== b)),
  '&': loopOf((a, b) => Number(a !== 0) & Number(b !== 0)),
  '|': loopOf((a, b) => Number(a !== 0) | Number(b !== 0)),
};

/** Steps are 1 for an array and 0 for a number, which stands in an array of one. */
function loopOf(operation: (a: number, b: number) => number) {
  return perType(
    (a: NumericArray, stepA: number, b: NumericArray, stepB: number, out: NumericArray) => {
      for (let i = 0, atA = 0, atB = 0; i < out.length; i++, atA += stepA, atB += stepB)
        out[i] = operation(a[atA], b[atB]);
    },
    { operation },
  );
}

/** Voxel by voxel; float32 for arithmetic, uint8 for comparisons. */
export function combine(operator: Operator, a: Operand, b: Operand, length: number): NumericArray {
  const out: NumericArray = '+-*/'.includes(operator) ? allocate(Float32Array, length) : allocate(Uint8Array, length);
  const [left, right] = [asArray(a), asArray(b)];
  loops[operator](left, right)(left, stepOf(left), right, stepOf(right), out);
  return out;
}

/** `a` where the condition is not 0, else `b`; as float32. */
export function choose(condition: NumericArray, a: Operand, b: Operand): Float32Array {
  const out = allocate(Float32Array, condition.length);
  const [yes, no] = [asArray(a), asArray(b)];
  chooseBetween(condition, yes, no)(condition, yes, stepOf(yes), no, stepOf(no), out);
  return out;
}

const chooseBetween = perType(
  (
    condition: NumericArray,
    yes: NumericArray,
    stepYes: number,
    no: NumericArray,
    stepNo: number,
    out: Float32Array,
  ) => {
    for (let i = 0; i < out.length; i++) out[i] = condition[i] !== 0 ? yes[i * stepYes] : no[i * stepNo];
  },
);

const asArray = (operand: Operand): NumericArray => (typeof operand === 'number' ? Float64Array.of(operand) : operand);
const stepOf = (operand: NumericArray): number => (operand.length === 1 ? 0 : 1);
