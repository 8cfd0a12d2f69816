import { allocateUnset, type ArrayConstructor } from '../../../arena';
import { copyElements } from '../../simd/copy';
import type { NumericArray } from '../../volume';
import { perType } from '../copy/per-type';

/** Types of numbers as numpy calls them. */
export const elementTypes = [
  'bool', 'uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'int64', 'float16', 'float32', 'float64',
] as const; // prettier-ignore
export type ElementType = (typeof elementTypes)[number];

/** Where their values are stored: 64-bit integers as whole float64 numbers, exact up to 2^53. */
const stores = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  int64: Float64Array,
  float16: Float32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/**
 * The values as another type, as numpy's and torch's casts have them on x86: fractions are cut towards zero, what an integer type of at most 32 bits
 * cannot hold wraps around (300 as uint8 is 44, -1 is 255), NaN becomes 0; as bool everything but 0 is 1; float16 rounds half to even.
 * @returns the data themselves where nothing changes
 */
export function cast(data: NumericArray, type: ElementType): NumericArray {
  const store = stores[type] as unknown as ArrayConstructor<NumericArray> & Float32ArrayConstructor;
  const keeps = type !== 'bool' && type !== 'int64' && type !== 'float16';
  if (keeps && data.constructor === store) return data;
  const out = allocateUnset(store, data.length) as NumericArray;
  if (type === 'bool') truths(data)(data, out);
  else if (type === 'int64') wholes(data)(data, out);
  else if (type === 'float16') halves(data)(data, out);
  else copyElements(data, out);
  return out;
}

const truths = perType((data: NumericArray, out: NumericArray) => {
  for (let i = 0; i < data.length; i++) out[i] = data[i] === 0 ? 0 : 1;
});

const wholes = perType((data: NumericArray, out: NumericArray) => {
  for (let i = 0; i < data.length; i++) out[i] = Math.trunc(data[i]) || 0;
});

/** Half precision has 11 bits from 2^-14 up to below 2^16, and steps of 2^-24 below. */
const halves = perType((data: NumericArray, out: NumericArray) => {
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    const size = Math.abs(value);
    single[0] = size;
    const step = 2 ** (Math.max((bits[0] >>> 23) - 127, -14) - 10);
    const steps = size / step;
    const below = Math.floor(steps);
    const rest = steps - below;
    const rounded = (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below) * step;
    // Neither infinity nor NaN is a number of steps.
    if (!(size < Infinity)) out[i] = value;
    else out[i] = Math.sign(value) * (rounded > 65504 ? Infinity : rounded);
  }
});

/** `Math.round`, ties to the even neighbour as numpy, torch and Python do. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
