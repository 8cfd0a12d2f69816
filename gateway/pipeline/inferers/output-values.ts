import { fail } from '../../errors';
import type { NumericArray } from '../../imaging/volume';
import type { Tensor } from '../../triton/tensor';

type Answer = Pick<Tensor, 'name' | 'datatype' | 'data'>;

/** Largest whole number up to which float32 holds all of them. */
const EXACT_IN_FLOAT32 = 2 ** 24;

/**
 * The elements of an output as numbers, every one exact: 64-bit integers become doubles.
 * @throws BAD_TENSOR when one is beyond 2^53, where doubles leave numbers out
 */
export function numbersOf({ name, datatype, data }: Answer, model: string): NumericArray {
  if (!(data instanceof BigInt64Array) && !(data instanceof BigUint64Array)) return data as NumericArray;
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isSafeInteger(value))
      throw fail('BAD_TENSOR', {
        tensor: name,
        model,
        what: `the ${datatype} value ${data[i]} cannot be used exactly, since it lies beyond 2^53; give the network an FP32 or INT32 output`,
      });
    numbers[i] = value;
  }
  return numbers;
}

/**
 * The elements of an output as float32, in which windows are added up.
 * @throws BAD_TENSOR when a whole number of an integer type is beyond 2^24, or a double beyond the range of float32
 */
export function floatsOf(answer: Answer, model: string): Float32Array {
  const numbers = numbersOf(answer, model);
  if (numbers instanceof Float32Array) return numbers;
  const { name, datatype } = answer;
  const floats = new Float32Array(numbers.length);
  const isWhole = datatype !== 'FP64';
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i];
    floats[i] = value;
    const kept = isWhole ? Math.abs(value) <= EXACT_IN_FLOAT32 : Number.isFinite(floats[i]) || !Number.isFinite(value);
    if (!kept)
      throw fail('BAD_TENSOR', {
        tensor: name,
        model,
        what: `windows are added up in float32, which does not hold the ${datatype} value ${value}; give the network an FP32 output, or send whole images (SimpleInferer, or "scanning_window": false)`,
      });
  }
  return floats;
}
