import { allocate, type NumericArray } from '../volume';

/**
 * Subtracts the mean of the non-zero elements from them and divides by their standard deviation (ddof 0; a deviation of 0 counts as 1).
 * Zeros stay zero. Mean and deviation are taken in two passes in float64 (`transforms.md` §4.5).
 */
export function normalizeNonzero(data: NumericArray, out = allocate(Float32Array, data.length)): Float32Array {
  let count = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) continue;
    count++;
    sum += data[i];
  }
  const mean = count > 0 ? sum / count : 0;
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) continue;
    const distance = data[i] - mean;
    squares += distance * distance;
  }
  const deviation = Math.sqrt(squares / Math.max(count, 1)) || 1;
  for (let i = 0; i < data.length; i++) out[i] = data[i] === 0 ? 0 : (data[i] - mean) / deviation;
  return out;
}
