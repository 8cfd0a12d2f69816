import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { inPieces, type Piece } from '../../simd/in-pieces';

type Operand = NumericArray | number;

/** In the order of `Operator` in assembly/voxel-wise.ts. */
export const operators = ['+', '-', '*', '/', '>', '>=', '<', '<=', '==', '!=', '&', '|'] as const;

/** The operators that combine two arrays, or an array and a number; comparisons give 1 and 0. */
export type Operator = (typeof operators)[number];

/** The number of an operator in the SIMD code. */
export const operatorNumber = (operator: Operator): number => operators.indexOf(operator);

/** Voxel by voxel; float32 for arithmetic, uint8 for comparisons. */
export function combine(operator: Operator, a: Operand, b: Operand, length: number): NumericArray {
  const arithmetic = '+-*/'.includes(operator);
  const out: NumericArray = arithmetic ? allocateUnset(Float32Array, length) : allocateUnset(Uint8Array, length);
  const [kernel, number] = [arithmetic ? 'calculate' : 'compare', operatorNumber(operator)] as const;
  withOperands([], [a, b], isSingle(a) && isSingle(b), out, ({ code, n, outputs }, single, [left, right]) =>
    code[kernel](number, single, ...left, ...right, outputs[0], n),
  );
  return out;
}

/** `a` where the condition is not 0, else `b`; as float32. */
export function choose(condition: NumericArray, a: Operand, b: Operand): Float32Array {
  const out: Float32Array = allocateUnset(Float32Array, condition.length);
  // As float32 a small float64 may become 0.
  const single = !(condition instanceof Float64Array) && isSingle(a) && isSingle(b);
  withOperands([condition], [a, b], single, out, ({ code, n, outputs, wide, floats }, asSingle, [yes, no]) =>
    code.choose(asSingle, single ? floats(0) : wide(0), ...yes, ...no, outputs[0], n),
  );
  return out;
}

/** Whether float32 holds it as it is. */
const isSingle = (operand: Operand) =>
  typeof operand === 'number' ? Object.is(Math.fround(operand), operand) : operand instanceof Float32Array;

/** Where a piece of an operand begins, and how many bytes follow from pair to pair: none for a number, which fills a vector there. */
type Place = [at: number, step: number];
const VECTOR_BYTES = 16;

/** @param single all operands are taken as float32, else as float64 */
function withOperands(
  arrays: readonly NumericArray[],
  operands: readonly Operand[],
  single: boolean,
  out: NumericArray,
  work: (piece: Piece, single: number, places: Place[]) => void,
): void {
  const inputs = [...arrays, ...operands.filter((operand) => typeof operand !== 'number')];
  const type = single ? Float32Array : Float64Array;
  const fill = VECTOR_BYTES / type.BYTES_PER_ELEMENT;
  const numbers = operands.flatMap((operand) =>
    typeof operand === 'number' ? new Array<number>(fill).fill(operand) : [],
  );
  const visit = (piece: Piece) => {
    piece.kept.numbers.array.set(numbers);
    let [array, number] = [arrays.length, 0];
    const places = operands.map((operand): Place => {
      if (typeof operand === 'number') return [piece.kept.numbers.at + VECTOR_BYTES * number++, 0];
      return single ? [piece.inputs[array++], VECTOR_BYTES / 2] : [piece.wide(array++), VECTOR_BYTES];
    });
    work(piece, Number(single), places);
  };
  inPieces(inputs, [out], visit, { numbers: [type, numbers.length] });
}
