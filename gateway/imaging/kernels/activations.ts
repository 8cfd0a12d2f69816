import { allocate, type NumericArray } from '../volume';

/** `1 / (1 + exp(-x))`, without overflow at either end. */
export function sigmoid(data: NumericArray, out = allocate(Float32Array, data.length)): Float32Array {
  for (let i = 0; i < data.length; i++) {
    const e = Math.exp(-Math.abs(data[i]));
    out[i] = data[i] >= 0 ? 1 / (1 + e) : e / (1 + e);
  }
  return out;
}
