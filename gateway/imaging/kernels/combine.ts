import type { NumericArray } from '../volume';
import { allocateUnset } from '../../array-memory';
import { inPieces, type Piece } from '../vector/in-pieces';

type Operand = NumericArray | number;

/** In the order of `Operator` in assembly/voxel-wise.ts. */
const OPERATORS = ['+', '-', '*', '/', '>', '>=', '<', '<=', '==', '!=', '&', '|'] as const;

/** What two arrays, or an array and a number, can be combined with; comparisons give 1 and 0. */
export type Operator = (typeof OPERATORS)[number];

/** The number of an operator in the vector code. */
export const operatorNumber = (operator: Operator): number => OPERATORS.indexOf(operator);

/** Voxel by voxel; float32 for arithmetic, uint8 for comparisons. */
export function combine(operator: Operator, a: Operand, b: Operand, length: number): NumericArray {
  const arithmetic = '+-*/'.includes(operator);
  const out: NumericArray = arithmetic ? allocateUnset(Float32Array, length) : allocateUnset(Uint8Array, length);
  const [kernel, number] = [arithmetic ? 'calculate' : 'compare', operatorNumber(operator)] as const;
  if (a instanceof Float32Array && b instanceof Float32Array)
    inPieces([a, b], [out], ({ code, n, inputs: [left, right], outputs }) =>
      code[kernel](number, 1, left, PAIR_BYTES / 2, right, PAIR_BYTES / 2, outputs[0], n),
    );
  else
    withOperands([], [a, b], out, ({ code, n, outputs }, [left, right]) =>
      code[kernel](number, 0, ...left, ...right, outputs[0], n),
    );
  return out;
}

/** `a` where the condition is not 0, else `b`; as float32. */
export function choose(condition: NumericArray, a: Operand, b: Operand): Float32Array {
  const out = allocateUnset(Float32Array, condition.length);
  withOperands([condition], [a, b], out, ({ code, n, outputs, wide }, [yes, no]) =>
    code.choose(wide(0), ...yes, ...no, outputs[0], n),
  );
  return out;
}

/** Where a piece of an operand begins, and how many bytes follow from pair to pair: none for a number, which stands there as a pair. */
type Place = [at: number, step: number];
const PAIR_BYTES = 16;

function withOperands(
  arrays: readonly NumericArray[],
  operands: readonly Operand[],
  out: NumericArray,
  work: (piece: Piece, places: Place[]) => void,
): void {
  const inputs = [...arrays, ...operands.filter((operand) => typeof operand !== 'number')];
  const numbers = Float64Array.from(
    operands.flatMap((operand) => (typeof operand === 'number' ? [operand, operand] : [])),
  );
  const visit = (piece: Piece) => {
    piece.kept.numbers.array.set(numbers);
    let [array, number] = [arrays.length, 0];
    const places = operands.map((operand): Place =>
      typeof operand === 'number'
        ? [piece.kept.numbers.at + PAIR_BYTES * number++, 0]
        : [piece.wide(array++), PAIR_BYTES],
    );
    work(piece, places);
  };
  inPieces(inputs, [out], visit, { numbers: [Float64Array, numbers.length] });
}
