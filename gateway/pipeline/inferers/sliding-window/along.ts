/** What is said once for all axes, or for each of them, of one axis. */
export const along = (value: number | readonly number[], axis: number): number =>
  typeof value === 'number' ? value : value[axis];
