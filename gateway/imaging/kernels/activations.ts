import { allocate, type NumericArray } from '../volume';
import { exponentials } from './exponentials';
import { perType } from './per-type';

/** Values handled at a time: what is made of them in between stays in the first cache. */
const BLOCK = 2048;

/** `1 / (1 + exp(-x))`, without overflow at either end. */
export function sigmoid(data: NumericArray, out = allocate(Float32Array, data.length)): Float32Array {
  const powers = new Float64Array(BLOCK);
  const [read, finish] = [negate(data), divide(data)];
  for (let from = 0; from < data.length; from += BLOCK) {
    const length = Math.min(BLOCK, data.length - from);
    read(data, from, powers, length);
    exponentials(powers, length);
    finish(data, from, powers, out, length);
  }
  return out;
}

const negate = perType((data: NumericArray, from: number, to: Float64Array, length: number) => {
  for (let i = 0; i < length; i++) to[i] = -Math.abs(data[from + i]);
});

const divide = perType((data: NumericArray, from: number, powers: Float64Array, out: Float32Array, length: number) => {
  for (let i = 0; i < length; i++) {
    const e = powers[i];
    out[from + i] = (data[from + i] < 0 ? e : 1) / (1 + e);
  }
});
