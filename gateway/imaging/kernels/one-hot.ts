import { allocate, type NumericArray } from '../volume';

/** One channel of 0 and 1 per class, one behind the other: channel v is 1 where the label is v. Labels beyond the classes are in none. */
export function oneHot(
  labels: NumericArray,
  classes: number,
  out = allocate(Uint8Array, labels.length * classes),
): Uint8Array {
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= 0 && labels[i] < classes) out[labels[i] * labels.length + i] = 1;
  }
  return out;
}
