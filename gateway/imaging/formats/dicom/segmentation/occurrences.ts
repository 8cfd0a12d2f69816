import type { Planes } from './planes';

/** Rows of one plane, first and last, in which a label occurs. */
export interface Rows {
  first: number;
  last: number;
}

/** Where the labels of a mask are: for each plane its labels, for each label its rows there. The background, 0, is left out. */
export type Occurrences = Map<number, Rows>[];

/** The largest number of a segment, an unsigned short (0062,0004). */
export const LARGEST_LABEL = 0xffff;

/**
 * Goes through a mask once.
 * @throws Error "a voxel is …" for a value that is not a label: a fraction, negative, or beyond {@link LARGEST_LABEL}
 */
export function occurrencesIn({ data, planes, rows, columns, columnStride, rowStride }: Planes): Occurrences {
  return planes.map(({ offset }) => {
    const found = new Map<number, Rows>();
    for (let row = 0; row < rows; row++) {
      let previous = 0;
      for (let column = 0, at = offset + row * rowStride; column < columns; column++, at += columnStride) {
        const value = data[at];
        if (value === previous) continue;
        previous = value;
        if (value === 0) continue;
        const known = found.get(value);
        if (known) known.last = row;
        else found.set(checked(value), { first: row, last: row });
      }
    }
    return found;
  });
}

function checked(value: number): number {
  if (Number.isInteger(value) && value > 0 && value <= LARGEST_LABEL) return value;
  throw new NoLabelMap(`a voxel is ${value}`);
}

/** The mask holds something else than labels. */
export class NoLabelMap extends Error {}
