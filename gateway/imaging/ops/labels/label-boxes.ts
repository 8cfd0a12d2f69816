import type { NumericArray } from '../../volume';
import { perType } from '../copy/per-type';

/** The smallest box around the voxels of a label: first and last index per axis. */
export interface LabelBox {
  label: number;
  first: number[];
  last: number[];
}

export const HIGHEST_LABEL = 65535;

/**
 * The boxes around all labels above 0 of a label map, in the order of the labels; one pass over the voxels.
 *
 * @param data first axis fastest, whole numbers from 0 to 65535
 * @param shape two or three lengths
 * @throws Error when a value is not a label
 */
export function labelBoxes(data: NumericArray, shape: readonly number[]): LabelBox[] {
  const [nx, ny, nz = 1] = shape;
  // Six numbers per label: first x, y, z; last x, y, z. `last` counts from 1, so that 0 says "not met".
  const bounds = new Int32Array(6 * (HIGHEST_LABEL + 1));
  let at = 0;
  const visit = visitRow(data);
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++, at += nx) {
      const wrong = visit(data, at, nx, j, k, bounds, HIGHEST_LABEL);
      if (wrong < nx)
        throw new Error(
          `a voxel is ${data[at + wrong]}; components are those of labels, whole numbers from 0 to ${HIGHEST_LABEL}`,
        );
    }
  }

  const boxes: LabelBox[] = [];
  for (let label = 1; label <= HIGHEST_LABEL; label++) {
    if (bounds[6 * label + 3] === 0) continue;
    const [x, y, z, endX, endY, endZ] = bounds.subarray(6 * label, 6 * label + 6);
    const cut = (list: number[]) => list.slice(0, shape.length);
    boxes.push({ label, first: cut([x, y, z]), last: cut([endX - 1, endY - 1, endZ - 1]) });
  }
  return boxes;
}

/** Runs of one label at a time. Returns the index of a value that is not a label, or `nx`. */
const visitRow = perType(
  (data: NumericArray, from: number, nx: number, j: number, k: number, bounds: Int32Array, highest: number): number => {
    for (let i = 0; i < nx;) {
      const label = data[from + i];
      if (!(label >= 0 && label <= highest) || label !== Math.floor(label)) return i;
      const start = i;
      while (i < nx && data[from + i] === label) i++;
      if (label === 0) continue;
      const b = 6 * label;
      if (bounds[b + 3] === 0) {
        bounds[b] = start;
        bounds[b + 1] = j;
        bounds[b + 2] = k;
      }
      if (start < bounds[b]) bounds[b] = start;
      if (j < bounds[b + 1]) bounds[b + 1] = j;
      if (i > bounds[b + 3]) bounds[b + 3] = i;
      if (j >= bounds[b + 4]) bounds[b + 4] = j + 1;
      bounds[b + 5] = k + 1;
    }
    return nx;
  },
);
