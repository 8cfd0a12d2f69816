import { allocate, firstAxisFastest, type NumericArray, type Volume } from '../volume';
import { largestComponent, type Connectivity } from './components';
import { copyStrided } from './strided-copy';

/**
 * Which voxels may lose their label: `each` label keeps the largest component of its own voxels, `together` the largest component of all
 * applied labels' voxels is kept.
 */
export interface KeepLargestOptions {
  /** Labels that are looked at, whole numbers from 1 to 65535; others stay as they are. @default all */
  labels?: readonly number[];
  independent: 'each' | 'together';
  connectivity: Connectivity;
}

const HIGHEST_LABEL = 65535;

/**
 * A label map with the smaller components of its labels set to 0 (`transforms.md` §4.6).
 *
 * @param volume without channel axis, whole numbers from 0 to 65535
 * @returns the same values and type, first axis fastest
 * @throws Error when a voxel is no label
 */
export function keepLargestComponent(
  volume: Volume,
  { labels, independent, connectivity }: KeepLargestOptions,
): Volume {
  const strides = firstAxisFastest(volume.shape);
  const data = copyStrided(volume.data, 0, volume.shape, volume.strides);
  const present = labelsIn(data);
  const applied = labels ? present.filter((label) => labels.includes(label)) : present;
  const mask: Volume<Uint8Array> = { ...volume, data: allocate(Uint8Array, data.length), strides };
  const member = new Uint8Array(HIGHEST_LABEL + 1);
  const groups = independent === 'each' ? applied.map((label) => [label]) : [applied];
  for (const group of groups) {
    member.fill(0);
    for (const label of group) member[label] = 1;
    for (let i = 0; i < data.length; i++) mask.data[i] = member[data[i]];
    removeOutside(data, member, largestComponent(mask, connectivity));
  }
  return { ...volume, data, strides };
}

/** Sets members of the group that are not `kept` to 0. */
function removeOutside(data: NumericArray, member: Uint8Array, kept: Uint8Array): void {
  for (let i = 0; i < data.length; i++) if (member[data[i]] === 1 && kept[i] === 0) data[i] = 0;
}

/** The labels above 0 that occur, in order. */
function labelsIn(data: NumericArray): number[] {
  const seen = new Uint8Array(HIGHEST_LABEL + 1);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!(value >= 0 && value <= HIGHEST_LABEL) || value !== Math.floor(value))
      throw new Error(
        `components are those of labels, and a voxel is ${value}; ArgmaxAcrossChannels or a threshold come before`,
      );
    seen[value] = 1;
  }
  return [...seen.keys()].filter((label) => label > 0 && seen[label] === 1);
}
