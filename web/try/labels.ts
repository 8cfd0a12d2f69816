import { button, h } from '../dom';
import { swatch } from '../stages/stages';
import { createTable } from '../table';
import { count } from '../text';
import type { Voxel } from './marks';

/** Colours of the label values 1, 2, …; again from the first when they run out. Red, green, blue from 0 to 255. */
const palette: readonly (readonly [number, number, number])[] = [
  [235, 64, 52],
  [66, 135, 245],
  [245, 193, 66],
  [80, 200, 120],
  [190, 110, 235],
  [64, 210, 220],
  [250, 140, 60],
  [235, 120, 175],
  [150, 200, 60],
  [120, 130, 255],
  [200, 160, 110],
  [0, 160, 140],
];

export function labelColour(value: number): readonly [number, number, number] {
  return palette[(value - 1) % palette.length];
}

/** Name of a label value: `labels` begin at value 1, or at 0 when their first is the background. */
export function labelName(value: number, labels: readonly string[]): string {
  if (labels.length === 0 && value === 1) return 'mask';
  const names = /^background$/i.test(labels[0] ?? '') ? labels.slice(1) : labels;
  return names[value - 1] ?? `label ${value}`;
}

/** One label value of a mask. */
export interface LabelSummary {
  value: number;
  voxels: number;
  /** Millilitres; a picture has none. */
  ml?: number;
  /** A voxel of it to look at: in its fullest slice, in the middle of its voxels there. */
  at: Voxel;
}

/**
 * Counts the label values other than 0.
 * @param shape voxels along the axes of the file @param spacing mm
 */
export function summarizeMask(
  data: ArrayLike<number>,
  shape: readonly number[],
  spacing: readonly number[],
): LabelSummary[] {
  const [width, height, depth] = shape;
  const perSlice = new Map<number, Uint32Array>();
  const slice = width * height;
  for (let k = 0, at = 0; k < depth; k++)
    for (const end = at + slice; at < end; at++) {
      const value = data[at];
      if (!value) continue;
      let counts = perSlice.get(value);
      if (!counts) perSlice.set(value, (counts = new Uint32Array(depth)));
      counts[k]++;
    }
  const ml = (spacing[0] * spacing[1] * spacing[2]) / 1000;
  return [...perSlice]
    .sort(([a], [b]) => a - b)
    .map(([value, counts]) => {
      const voxels = counts.reduce((sum, count) => sum + count, 0);
      const fullest = counts.indexOf(Math.max(...counts));
      return { value, voxels, ml: voxels * ml, at: middleOf(value, data, shape, fullest, counts[fullest]) };
    });
}

function middleOf(
  value: number,
  data: ArrayLike<number>,
  [width, height]: readonly number[],
  k: number,
  count: number,
) {
  let left = count >> 1;
  for (let at = k * width * height; ; at++)
    if (data[at] === value && left-- === 0) return [at % width, Math.floor(at / width) % height, k] as Voxel;
}

/** The labels of a mask with their size; the name of a label leads to it. */
export function labelTable(
  labels: readonly LabelSummary[],
  names: readonly string[],
  look: (label: LabelSummary) => void,
): HTMLElement {
  if (labels.length === 0) return h('p.empty', 'The mask is empty: the model found nothing.');
  const named = (label: LabelSummary) => {
    const one = button('', () => look(label), { className: 'small', title: 'Show it' });
    one.append(swatch(`rgb(${labelColour(label.value).join(' ')})`), labelName(label.value, names));
    return one;
  };
  const volume = ({ ml }: LabelSummary) => (ml === undefined ? '–' : `${count(ml, ml < 10 ? 2 : 1)} ml`);
  const table = createTable<LabelSummary>({
    label: 'Labels of the mask',
    key: ({ value }) => String(value),
    columns: [
      { name: 'Label', cell: named },
      { name: 'Voxels', numeric: true, cell: ({ voxels }) => count(voxels) },
      { name: 'Volume', numeric: true, cell: volume },
    ],
  });
  table.show(labels);
  return table.element;
}
