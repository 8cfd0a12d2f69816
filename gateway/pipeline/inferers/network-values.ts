import { fail } from '../../errors';
import { integerRange } from '../../imaging/formats/value-types';
import type { Padding } from '../../imaging/ops/copy/windows';
import { copyStrided } from '../../imaging/ops/copy/blocks';
import { sizeOf, type NumericArray, type Volume } from '../../imaging/volume';
import type { Datatype } from '../../triton/datatypes';
import type { Tensor } from '../../triton/tensor';
import { known, type Said, say } from '../../sentence';

/** From here on a number is infinite in half precision (IEEE 754: 65504 is the largest, halfway to the next power of two rounds up). */
const INFINITE_HALF = 65520;

/** Smallest and largest whole number of the types that cut off fractions. Beyond 2^53 voxels are not whole numbers any more. */
const wholeNumbers: Partial<Record<Datatype, readonly [number, number]>> = {
  BOOL: [0, 1],
  UINT8: [0, 255],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
  INT8: [-128, 127],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/**
 * Compares the voxels of an image with what the type of its tensor holds: nothing wraps around, and nothing becomes infinite on the way to
 * the network. Fractions are cut off towards zero for integer types, as numpy's `astype` does it, and `warn` hears of it.
 * @throws IMAGE_DOES_NOT_FIT naming the value and the range
 */
export function checkInputValues(
  model: string,
  { tensor, datatype, image, padding }: { tensor: string; datatype: Datatype; image: Volume; padding: Padding },
  warn: (said: Said) => void,
): void {
  const { fits, holds, isSafeFor } = capacityOf(datatype);
  const padded = padding.mode === 'constant' ? [padding.value ?? 0] : [];
  const { data, shape, strides } = image;
  // Its array may hold more than the voxels of the image.
  const own = () => (data.length === sizeOf(shape) ? data : copyStrided(data, 0, shape, strides));
  const voxels = isSafeFor(data) ? [] : own();
  const odd = padded.find((value) => !fits(value)) ?? voxels.find((value) => !fits(value));
  if (odd !== undefined) {
    const what = say`its input "${known(tensor)}" is ${known(datatype)}, which holds ${known(holds)}, but the prepared image has the value ${odd}; scale the intensities in the pre-transforms, or give the network an FP32 input`;
    throw fail('IMAGE_DOES_NOT_FIT', { model, what });
  }
  if (datatype in wholeNumbers && voxels.some((value) => value !== Math.trunc(value)))
    warn(
      say`The network's input "${known(tensor)}" is ${known(datatype)}: fractions of the prepared image were cut off`,
    );
}

/**
 * Which numbers a type holds, that range for a sentence, and whether no element of such an array can be beyond it, so that none needs to be
 * looked at.
 */
function capacityOf(datatype: Datatype) {
  const whole = wholeNumbers[datatype];
  if (!whole && datatype !== 'FP16')
    return {
      fits: (value: number) => !Number.isFinite(value) || Number.isFinite(Math.fround(value)),
      holds: 'numbers up to 3.4e38',
      isSafeFor: (data: NumericArray) => datatype === 'FP64' || !(data instanceof Float64Array),
    };
  const [lowest, highest] = whole ?? [1 - INFINITE_HALF, INFINITE_HALF - 1];
  return {
    fits: (value: number) => (!whole && !Number.isFinite(value)) || (value > lowest - 1 && value < highest + 1),
    holds: whole ? `whole numbers from ${lowest} to ${highest}` : '-65504 to 65504',
    isSafeFor(data: NumericArray) {
      const given = integerRange(data.constructor);
      return given !== undefined && given[0] >= lowest && given[1] <= highest;
    },
  };
}

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
    if (!Number.isSafeInteger(value)) {
      const what = `the ${datatype} value ${data[i]} cannot be used exactly, since it lies beyond 2^53; give the network an FP32 or INT32 output`;
      throw fail('BAD_TENSOR', { tensor: name, model, what });
    }
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
    if (!kept) {
      const what = `windows are added up in float32, which does not hold the ${datatype} value ${value}; give the network an FP32 output, or send whole images (SimpleInferer, or "scanning_window": false)`;
      throw fail('BAD_TENSOR', { tensor: name, model, what });
    }
  }
  return floats;
}
