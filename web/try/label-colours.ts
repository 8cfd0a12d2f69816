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
