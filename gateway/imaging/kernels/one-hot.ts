import { allocate, type NumericArray } from '../volume';
import { perType } from './per-type';

/** One channel of 0 and 1 per class, one behind the other: channel v is 1 where the label is v. Labels beyond the classes are in none. */
export function oneHot(
  labels: NumericArray,
  classes: number,
  out = allocate(Uint8Array, labels.length * classes),
): Uint8Array {
  for (let label = 0; label < classes; label++) markEqual(labels)(labels, label, out, label * labels.length);
  return out;
}

const markEqual = perType((labels: NumericArray, label: number, out: Uint8Array, at: number) => {
  for (let i = 0; i < labels.length; i++) out[at + i] = Number(labels[i] === label);
});
