import { allocate, type NumericArray } from '../volume';
import { perType } from './per-type';

/**
 * One channel of 0 and 1 per group of labels, one behind the other: 1 where the voxel has one of the group's labels. Groups may overlap.
 *
 * @param groups whole numbers from 0 to 255; other values of `labels` are in no group
 */
export function labelGroups(
  labels: NumericArray,
  groups: readonly (readonly number[])[],
  out = allocate(Uint8Array, labels.length * groups.length),
): Uint8Array {
  const member = new Uint8Array(256);
  for (const [at, group] of groups.entries()) {
    member.fill(0);
    for (const label of group) member[label] = 1;
    markMembers(labels)(labels, member, out, at * labels.length);
  }
  return out;
}

const markMembers = perType((labels: NumericArray, member: Uint8Array, out: Uint8Array, at: number) => {
  for (let i = 0; i < labels.length; i++) out[at + i] = Number(member[labels[i]] === 1);
});
