import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { perType } from '../copy/per-type';

/**
 * The label that most of the arrays have at each voxel, of equally many the lowest.
 * @param classes labels are whole numbers from 0 to below it
 * @throws Error when a voxel is none of them
 */
export function majority(arrays: readonly NumericArray[], classes: number): Float32Array {
  const { length } = arrays[0];
  const out: Float32Array = allocateUnset(Float32Array, length).fill(0);
  const most = new Uint16Array(length);
  const votes = new Uint16Array(length);
  for (let label = 0; label < classes; label++) {
    votes.fill(0);
    for (const data of arrays) addVotes(data)(data, label, votes);
    for (let i = 0; i < length; i++) {
      if (votes[i] <= most[i]) continue;
      most[i] = votes[i];
      out[i] = label;
    }
  }
  for (const data of arrays) {
    const wrong = data.find((value) => !(value >= 0 && value < classes && Number.isInteger(value)));
    if (wrong !== undefined) throw new Error(`a voxel is ${wrong}; votes are for one of the ${classes} labels from 0 to ${classes - 1}`);
  }
  return out;
} // prettier-ignore

const addVotes = perType((data: NumericArray, label: number, votes: Uint16Array) => {
  for (let i = 0; i < data.length; i++) if (data[i] === label) votes[i]++;
});
